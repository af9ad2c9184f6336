//! Signing in with an account elsewhere: the real program, the real service, and an OpenID provider made by others
//! (oidc-provider), whose forms a small browser of ours fills in. And programs that come in with tokens of that provider.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;
use switchboard::config::ServiceFile;
use switchboard::protocol::rest::{DevicePolled, DeviceSignIn};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::service::{serve, switchboard};
use crate::{ends_well, example, here, prepared, running, told};

const CLIENT: &str = "switchboard";
/// With all that has to be encoded on the way.
const SECRET: &str = "a secret:with/odd+chars=&~";

/// What the programs of the provider want tokens for.
const RESOURCE: &str = "https://calls.example";

/// The provider as a process; stopped when dropped.
struct Provider {
    child: Child,
    url: String,
}

impl Provider {
    fn start() -> Self {
        let mut command = node("provider.mjs");
        command.args([CLIENT, SECRET]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let url = lines.find_map(|line| Some(line.strip_prefix("ready ")?.to_owned())).expect("the provider starts");
        // It goes on to print hints, which somebody has to read.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    /// Has it do something for a test.
    fn told(&self, what: &str) {
        let url = format!("{}/test/{what}", self.url);
        let status = Runtime::new().unwrap().block_on(async { reqwest::get(url).await.unwrap().status() });
        assert_eq!(status.as_u16(), 204, "{what}");
    }

    fn stop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A service whose people sign in with the provider; stopped when dropped.
struct Rig {
    folder: TempDir,
    child: Child,
    file: ServiceFile,
    provider: Provider,
}

impl Rig {
    fn start(accounts: &str) -> Self {
        let (folder, provider) = (TempDir::new().unwrap(), Provider::start());
        let secret = folder.path().join("secret");
        std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
        let settings = format!(
            "[oidc]\nsign_in = \"{url}\"\nclient_id = \"{CLIENT}\"\nclient_secret_file = '{}'\naccounts = \"{accounts}\"\n\
             audiences = [\"{RESOURCE}\"]\nprograms = [{{ issuer = \"{url}\", client = \"crm\" }}]\n",
            secret.display(),
            url = provider.url,
        );
        std::fs::write(folder.path().join("config.toml"), settings).unwrap();
        let (child, file) = serve(folder.path(), &[]);
        Self { folder, child, file, provider }
    }

    fn admin(&self, words: &[&str]) -> String {
        let done = switchboard(self.folder.path()).arg("admin").args(words).output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", told(&done));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Begins a sign-in with the real program, whose folder is `home`.
    fn signs_in(&self, home: &Path) -> Begun {
        let mut command = switchboard(home);
        command.args(["sign-in", "--oidc", "--json", "--server", &self.file.http]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let code = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no code: {line}"));
        Begun { child, out, code }
    }

    /// The whole way, as somebody who says yes to all.
    fn signs_in_as(&self, home: &Path, login: &str) -> (Output, Value) {
        let begun = self.signs_in(home);
        begun.browses(login, "yes", "Sign-in Success");
        begun.ends()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A program that waits for somebody to sign in.
struct Begun {
    child: Child,
    out: BufReader<ChildStdout>,
    code: Value,
}

impl Begun {
    /// Somebody opens the address, and goes through the forms to a page that says so.
    fn browses(&self, login: &str, verdict: &str, says: &str) {
        browses(self.code["verification_uri_complete"].as_str().unwrap(), login, verdict, says);
    }

    /// How the program ended, and its last line.
    fn ends(self) -> (Output, Value) {
        let last = self.out.lines().map(Result::unwrap).last();
        let done = self.child.wait_with_output().unwrap();
        (done, last.map_or(Value::Null, |line| serde_json::from_str(&line).unwrap()))
    }
}

fn browses(address: &str, login: &str, verdict: &str, says: &str) {
    let done = node("browser.mjs").args([address, login, verdict]).output().unwrap();
    assert!(done.status.success() && told(&done).contains(says), "no {says}: {}", told(&done));
}

/// Node looks for packages where a program lies.
fn node(program: &str) -> Command {
    let beside = prepared().join("node").join(program);
    // Whole at any time: another test may be about to run it.
    let new = beside.with_extension(format!("{:?}.new", std::thread::current().id()));
    std::fs::copy(here(program), &new).unwrap();
    std::fs::rename(&new, &beside).unwrap();
    let mut command = Command::new("node");
    command.arg(beside);
    command
}

#[test]
fn somebody_signs_in_elsewhere_and_calls_the_echo() {
    let rig = Rig::start("made");
    let (home, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    rig.provider.told("slow-down");
    let begun = rig.signs_in(home.path());
    assert_eq!((&begun.code["event"], &begun.code["issuer"]), (&"sign_in_code".into(), &"127.0.0.1".into()));
    begun.browses("alice", "yes", "Sign-in Success");
    let (done, me) = begun.ends();
    assert!(done.status.success(), "{}", told(&done));
    assert_eq!((me["name"].as_str(), me["display_name"].as_str()), (Some("alice"), Some("alice of elsewhere")));

    let call = switchboard(home.path())
        .args(["call", "echo", "--for", "200ms", "--mic", "silence", "--speaker", "none"])
        .output()
        .unwrap();
    assert!(call.status.success(), "{}", told(&call));

    let (done, again) = rig.signs_in_as(other.path(), "alice");
    assert!(done.status.success(), "{}", told(&done));
    assert_eq!(again["identity"], me["identity"]);
    assert!(rig.admin(&["audit"]).contains("at the first sign-in with 127.0.0.1"));

    rig.admin(&["user", "disable", "alice"]);
    let (done, _) = rig.signs_in_as(other.path(), "alice");
    assert!(done.status.code() == Some(4) && told(&done).contains("disabled"), "{}", told(&done));
}

#[test]
fn whoever_says_no_or_takes_too_long_or_finds_nobody_there_is_told_so() {
    let mut rig = Rig::start("made");
    let home = TempDir::new().unwrap();
    let begun = rig.signs_in(home.path());
    begun.browses("alice", "no", "interrupted");
    let (done, _) = begun.ends();
    assert!(done.status.code() == Some(4) && told(&done).contains("refused at 127.0.0.1"), "{}", told(&done));

    rig.provider.told("seconds?are=2");
    let (done, _) = rig.signs_in(home.path()).ends();
    assert!(done.status.code() == Some(6) && told(&done).contains("in time"), "{}", told(&done));

    rig.provider.told("seconds?are=4");
    let begun = rig.signs_in(home.path());
    rig.provider.stop();
    let (done, _) = begun.ends();
    assert!(done.status.code() == Some(6), "an issuer that is gone may come back: {}", told(&done));
    let mut command = switchboard(home.path());
    let done = command.args(["sign-in", "--oidc", "--server", &rig.file.http]).output().unwrap();
    assert!(done.status.code() == Some(3) && told(&done).contains("sign in with 127.0.0.1"), "{}", told(&done));
}

#[test]
fn where_only_the_known_sign_in_a_stranger_is_told_what_to_have_bound() {
    let rig = Rig::start("known");
    let home = TempDir::new().unwrap();
    let (done, _) = rig.signs_in_as(home.path(), "zoe");
    assert!(done.status.code() == Some(4) && told(&done).contains("zoe"), "{}", told(&done));
    let mut add = switchboard(rig.folder.path());
    add.args(["admin", "user", "add", "zz"]).env("SWITCHBOARD_PASSWORD", "correct horse");
    assert!(add.output().unwrap().status.success());
    rig.admin(&["user", "bind", "zz", "--issuer", &rig.provider.url, "--subject", "zoe"]);
    let (done, me) = rig.signs_in_as(home.path(), "zoe");
    assert!(done.status.success() && me["name"] == "zz", "{}", told(&done));
}

#[test]
fn an_issuer_that_wants_to_be_asked_less_often_is() {
    let rig = Rig::start("made");
    Runtime::new().unwrap().block_on(async {
        let (client, at) = (reqwest::Client::new(), format!("{}/api/v1/sign-in/device", rig.file.http));
        let begun: DeviceSignIn = client.post(&at).send().await.unwrap().json().await.unwrap();
        reqwest::get(format!("{}/test/slow-down", rig.provider.url)).await.unwrap();
        let poll = || client.post(format!("{at}/poll")).json(&serde_json::json!({"handle": begun.handle})).send();
        let interval = loop {
            let polled: DevicePolled = poll().await.unwrap().json().await.unwrap();
            let DevicePolled::Pending { interval } = polled else { panic!("nobody signed in") };
            if interval > 1 {
                break interval;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        };
        assert_eq!(interval, 6);
    });
}

#[test]
fn a_program_of_an_issuer_comes_in_through_the_sdk_and_is_named_in_the_audit_trail() {
    let rig = Rig::start("made");
    let mut exec = switchboard(rig.folder.path());
    exec.args(["admin", "exec", "--"]).args(running(&example("issuer.py")));
    exec.env("TOKEN_ENDPOINT", format!("{}/token", rig.provider.url));
    exec.env("CLIENT_ID", "crm").env("CLIENT_SECRET", SECRET).env("RESOURCE", RESOURCE);
    ends_well(&exec.output().unwrap(), "deleted");
    let trail = rig.admin(&["audit", "--json"]);
    assert!(trail.contains(&format!("\"who\":\"app:crm@{}\"", rig.provider.url)), "{trail}");
}

#[test]
fn a_person_who_signs_in_with_a_program_of_an_issuer_has_none_of_its_rights() {
    let rig = Rig::start("made");
    let (status, said) = Runtime::new().unwrap().block_on(async {
        let client = reqwest::Client::new();
        let asks = async |path: &str, form: &[(&str, &str)]| -> Value {
            let mut all = vec![("client_id", "crm"), ("client_secret", SECRET), ("resource", RESOURCE)];
            all.extend(form);
            let url = reqwest::Url::parse_with_params("http://form.invalid/", all).unwrap();
            let request = client.post(format!("{}/{path}", rig.provider.url)).body(url.query().unwrap().to_owned());
            let kind = "application/x-www-form-urlencoded";
            request.header("content-type", kind).send().await.unwrap().json().await.unwrap()
        };
        let begun = asks("device/auth", &[("scope", "openid calls")]).await;
        browses(begun["verification_uri_complete"].as_str().unwrap(), "alice", "yes", "Sign-in Success");
        let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
        let tokens = asks("token", &[grant, ("device_code", begun["device_code"].as_str().unwrap())]).await;
        let token = tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"));
        let path = format!("{}/identities?api-version=2023-10-01", rig.file.http);
        let response = client.post(path).bearer_auth(token).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    });
    assert!(status == 403 && said.contains("subject alice"), "{status}: {said}");
}
