//! Sound over SSH: whose sound card it is, and how to use the one where the person is.

/// Whose sound card is used, for the status line.
pub fn whose_card(host: &str, client: Option<&str>) -> String {
    let there = client.map_or_else(|| "you are elsewhere,".to_owned(), |client| format!("you are at {client}"));
    format!("sound: this host {host}'s card, {there} over ssh")
}

/// The same for small screens.
pub fn whose_card_shortly(host: &str, client: Option<&str>) -> String {
    let there = client.map_or_else(String::new, |client| format!(", you are at {client}"));
    format!("sound: {host}'s card{there}")
}

/// Said behind the key of the help, which has the recipe.
pub const USE_YOURS: &str = "use yours";

/// How to run the phone where the person is, against a service on the host they are logged in to. A line that begins with
/// `$ ` is a command; `reached_at` is where that host is reached.
pub fn recipe(host: &str, reached_at: &str) -> [String; 8] {
    [
        format!(
            "SOUND OVER SSH  This phone uses the sound card of {host}. To use yours, run the phone on your machine, and \
             only the service on {host}:"
        ),
        "$ switchboard serve --media 0.0.0.0:8790".to_owned(),
        "Then on your machine, in one terminal, the tunnel for everything but the sound:".to_owned(),
        format!("$ ssh -N -L 8790:127.0.0.1:8790 {reached_at}"),
        "and in another the phone:".to_owned(),
        "$ switchboard sign-in NAME --server http://127.0.0.1:8790".to_owned(),
        "$ switchboard".to_owned(),
        format!(
            "The sound itself takes its own way, encrypted: UDP port 8790 of {host} has to be open to your machine (behind \
             address translation, also set media.advertise). Where UDP is blocked, add --media-tcp 0.0.0.0:8792 to serve and \
             open that TCP port: sound then goes over it by itself."
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_the_recipe_fit_a_small_screen() {
        let recipe = recipe("atlas", "203.0.113.207");
        let commands: Vec<&String> = recipe.iter().filter(|line| line.starts_with("$ ")).collect();
        assert_eq!(commands.len(), 4);
        assert!(commands.iter().all(|line| line.len() <= 58), "{commands:?}");
    }

    #[test]
    fn the_status_line_says_whose_card_it_is() {
        assert_eq!(
            whose_card("atlas", Some("203.0.113.7")),
            "sound: this host atlas's card, you are at 203.0.113.7 over ssh"
        );
        assert_eq!(whose_card("atlas", None), "sound: this host atlas's card, you are elsewhere, over ssh");
        assert_eq!(whose_card_shortly("atlas", Some("203.0.113.7")), "sound: atlas's card, you are at 203.0.113.7");
    }
}
