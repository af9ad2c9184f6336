//! What is said of access tokens.

use std::time::Duration;

/// A token ends in `left`, and there is no next one; `why` says why one could not be had, if that was tried.
pub fn ends(left: Duration, why: Option<&str>) -> String {
    let when = match left.as_secs() {
        0 => "ends now".to_owned(),
        seconds @ 1..=90 => format!("ends in {seconds} s"),
        seconds => format!("ends in {} min", seconds.div_ceil(60)),
    };
    match why {
        Some(why) => format!("the sign-in {when} and could not be renewed: {why}"),
        None => {
            format!("the access token {when}, and this phone can't renew it: start it again with a new one, or sign in")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_how_long_it_has() {
        let seconds = Duration::from_secs;
        assert!(ends(seconds(300), None).contains("ends in 5 min"));
        assert!(ends(seconds(59), None).contains("ends in 59 s"));
        assert!(ends(Duration::ZERO, Some("no answer")).ends_with("ends now and could not be renewed: no answer"));
    }
}
