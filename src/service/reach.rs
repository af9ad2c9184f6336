//! How the service is reached from elsewhere, as its operator has said and as its sockets allow.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::sfu;
use crate::config::PublicUrl;

/// How long looking up the public name may take.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);

/// What is listened on, and what was said of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach<'a> {
    /// Plain HTTP.
    pub(super) http: SocketAddr,
    /// HTTPS.
    pub(super) https: Option<SocketAddr>,
    /// Sound.
    pub(super) media: SocketAddr,
    /// Sound over TCP.
    pub(super) media_tcp: Option<SocketAddr>,
    /// Where everybody reaches the service.
    pub(super) public: Option<&'a PublicUrl>,
}

impl Reach<'_> {
    /// Whether links lead to this service's own certificate, and not to a proxy before it.
    pub(super) fn links_meet_us(&self) -> bool {
        let Some(https) = self.https else { return false };
        self.public.is_none_or(|url| url.is_encrypted() && (!https.ip().is_loopback() || is_here(url.host())))
    }

    /// What its operator should know, each a sentence.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut all = Vec::new();
        let Self { http, https, media, .. } = self;
        if !http.ip().is_loopback() {
            all.push(format!(
                "HTTP at {http} is not encrypted: passwords and tokens can be read on the way; have clients use HTTPS \
                 (--tls-listen), and leave plain HTTP to this machine (--listen 127.0.0.1:{})",
                http.port()
            ));
        }
        let Some(url) = self.public.filter(|url| !is_here(url.host())) else { return all };
        let near = |at: &SocketAddr| at.ip().is_loopback();
        if near(http) && https.as_ref().is_none_or(near) {
            all.push(format!(
                "{url} is to be reached from elsewhere, but this service listens to this machine alone: unless a proxy on \
                 it hands requests on, add --tls-listen 0.0.0.0:8791"
            ));
        }
        if near(media) {
            all.push(format!(
                "{url} is to be reached from elsewhere, but sound at {media} is received from this machine alone: add \
                 --media 0.0.0.0:{}",
                media.port()
            ));
        }
        if let Some(tcp) = self.media_tcp.filter(near) {
            all.push(format!(
                "{url} is to be reached from elsewhere, but sound over TCP at {tcp} is received from this machine alone: \
                 whom no UDP reaches has no sound; add --media-tcp 0.0.0.0:{}",
                tcp.port()
            ));
        }
        all
    }

    /// The addresses clients are told to send sound to, as the public name says them; none where the service's own do, or
    /// nothing is known.
    pub(super) async fn addresses(&self) -> Vec<IpAddr> {
        let Some(url) = self.public.filter(|url| !is_here(url.host()) && !self.media.ip().is_loopback()) else {
            return Vec::new();
        };
        let found = match look_up(url.host()).await {
            Ok(found) => found,
            Err(why) => {
                tracing::warn!(
                    "the addresses of {} are not known ({why}); clients are told this machine's own for sound: say with \
                     media.advertise which to use, or mend the name",
                    url.host()
                );
                return Vec::new();
            }
        };
        let own = sfu::local_addresses(self.media.ip()).unwrap_or_default();
        let outside = elsewhere(&found, self.media.ip(), &own);
        let text = found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if outside.is_empty() {
            tracing::info!("{} is {text}; clients are told this machine's own addresses for sound", url.host());
        } else {
            tracing::info!("{} is {text}, which clients are told for sound", url.host());
        }
        outside
    }
}

/// Those of `found` that clients are to be told instead of the machine's `own`; none where these do. Of a family (IPv4, IPv6) in
/// which own ones are among them, others are not told: one may be own in one family, and behind a router in the other.
fn elsewhere(found: &[IpAddr], listened: IpAddr, own: &[IpAddr]) -> Vec<IpAddr> {
    // "Every IPv6 address" stands for those of IPv4, too.
    let fits = |ip: &&IpAddr| ip.is_ipv4() == listened.is_ipv4() || (listened.is_ipv6() && listened.is_unspecified());
    let usable = found.iter().filter(|ip| !ip.is_loopback() && !ip.is_unspecified()).filter(fits).copied();
    let (four, six): (Vec<_>, Vec<_>) = usable.partition(IpAddr::is_ipv4);
    let told = [four, six].into_iter().flat_map(|family| {
        let ours: Vec<_> = family.iter().filter(|ip| own.contains(ip)).copied().collect();
        if ours.is_empty() { family } else { ours }
    });
    let told: Vec<_> = told.collect();
    if told.iter().all(|ip| own.contains(ip)) { Vec::new() } else { told }
}

async fn look_up(host: &str) -> Result<Vec<IpAddr>, String> {
    if let Ok(ip) = host.parse() {
        return Ok(vec![ip]);
    }
    let found = timeout(LOOK_UP_WITHIN, lookup_host((host, 0))).await;
    let found = found.map_err(|_| "nobody answers for its name".to_owned())?.map_err(|e| e.to_string())?;
    let mut found: Vec<_> = found.map(|at| at.ip()).collect();
    found.sort();
    found.dedup();
    if found.is_empty() { Err("its name has none".to_owned()) } else { Ok(found) }
}

/// Whether a host is this machine, seen from itself.
fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// Sound over TCP is where that over UDP is.
    fn warned(http: &str, https: Option<&str>, media: &str, public: Option<&str>) -> Vec<String> {
        let public: Option<PublicUrl> = public.map(|url| url.parse().unwrap());
        let (media, https) = (at(media), https.map(at));
        Reach { http: at(http), https, media, media_tcp: Some(media), public: public.as_ref() }.warnings()
    }

    #[test]
    fn a_service_for_this_machine_is_warned_of_nothing() {
        let here = "127.0.0.1:8790";
        assert!(warned(here, Some("127.0.0.1:8791"), here, None).is_empty());
        assert!(warned("[::1]:8790", None, here, Some("http://localhost:8790")).is_empty());
    }

    #[test]
    fn a_public_address_that_nothing_listens_behind_is_told() {
        let said = warned("127.0.0.1:8790", Some("127.0.0.1:8791"), "127.0.0.1:8790", Some("https://calls.example"));
        assert!(said.len() == 3 && said[0].contains("--tls-listen"), "{said:?}");
        assert!(said[1].contains("--media 0.0.0.0:8790") && said[2].contains("--media-tcp 0.0.0.0:8790"), "{said:?}");
        assert!(
            warned("127.0.0.1:8790", Some("0.0.0.0:443"), "0.0.0.0:8790", Some("https://calls.example")).is_empty()
        );
    }

    #[test]
    fn plain_http_beyond_this_machine_is_told() {
        let said = warned("0.0.0.0:8790", None, "0.0.0.0:8790", None);
        assert!(said.len() == 1 && said[0].contains("not encrypted"), "{said:?}");
    }

    #[test]
    fn a_name_that_leads_to_a_router_is_told_and_one_that_leads_here_need_not() {
        let [public, six, own] = ["203.0.113.7", "2001:db8::7", "192.0.2.7"].map(|ip| ip.parse::<IpAddr>().unwrap());
        let (four, any): (IpAddr, IpAddr) = ("0.0.0.0".parse().unwrap(), "::".parse().unwrap());
        assert_eq!(elsewhere(&[public, six], four, &[own]), [public]);
        assert_eq!(elsewhere(&[public, six], any, &[own]), [public, six]);
        assert_eq!(elsewhere(&[public, six], own, &[own]), [public]);
        assert!(elsewhere(&[own, six], four, &[own]).is_empty());
        assert!(elsewhere(&[own], any, &[own, six]).is_empty());
        let mixed = "one family is the machine's own, the other one a router's";
        assert_eq!(elsewhere(&[public, six], any, &[own, six]), [public, six], "{mixed}");
        assert_eq!(elsewhere(&[own, public, six], any, &[own]), [own, six], "{mixed}");
        assert!(elsewhere(&[own, public], any, &[own, six]).is_empty());
        assert!(elsewhere(&["127.0.1.1".parse().unwrap()], four, &[own]).is_empty());
    }

    #[test]
    fn links_lead_to_our_own_certificate_unless_a_proxy_is_in_front() {
        let meets = |https: Option<&str>, public: Option<&str>| {
            let public: Option<PublicUrl> = public.map(|url| url.parse().unwrap());
            let http = at("127.0.0.1:8790");
            Reach { http, https: https.map(at), media: http, media_tcp: None, public: public.as_ref() }.links_meet_us()
        };
        assert!(meets(Some("127.0.0.1:8791"), None) && meets(Some("0.0.0.0:443"), Some("https://calls.example")));
        assert!(meets(Some("127.0.0.1:8791"), Some("https://localhost:8791")));
        assert!(!meets(None, None) && !meets(Some("127.0.0.1:8791"), Some("https://calls.example")));
        assert!(!meets(Some("0.0.0.0:443"), Some("http://calls.example")));
    }

    #[tokio::test]
    async fn an_address_needs_no_looking_up() {
        assert_eq!(look_up("2001:db8::7").await.unwrap(), ["2001:db8::7".parse::<IpAddr>().unwrap()]);
        assert!(look_up("no-such-host.invalid").await.is_err());
    }
}
