//! A client of ts-mls, in a Node process that speaks JSON lines (`ts/client.mjs`).

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::world::actor::{
    Actor, Ask, CUSTOM_EXTENSION, EXPORT_CONTEXT, EXPORT_LABEL, EXPORT_LENGTH, Got, Maker, NEVER, NOW, Outside, Sent,
    Settings, Succession, View,
};

pub const TS_MLS: Maker = Maker { name: "ts-mls", make: |name, _, settings| Box::new(TsMls::new(name, settings)) };

/// The script that Node runs.
pub static SCRIPT: OnceLock<String> = OnceLock::new();

static NEXT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static NODE: RefCell<Option<Node>> = const { RefCell::new(None) };
}

struct Node {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Node {
    fn start() -> Self {
        let script = SCRIPT.get().expect("the script is given");
        let mut command = Command::new("node");
        // Its warnings of experimental algorithms would fill the terminal.
        command.args(["--no-warnings", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (to, from) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, to, from }
    }

    fn call(&mut self, call: &Value) -> Value {
        writeln!(self.to, "{call}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn call(call: &Value) -> Value {
    NODE.with_borrow_mut(|node| node.get_or_insert_with(Node::start).call(call))
}

pub struct TsMls {
    name: String,
    actor: u64,
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn sent(value: &Value) -> Sent {
    let found = |name| value.get(name).filter(|value| value.is_string()).map(bytes);
    Sent { message: bytes(&value["message"]), welcome: found("welcome"), tree: found("tree") }
}

fn asked(ask: &Ask) -> Value {
    match ask {
        Ask::Add(key_package) => json!({"kind": "add", "value": hex::encode(key_package)}),
        Ask::Remove(leaf) => json!({"kind": "remove", "value": leaf}),
        Ask::ExternalPsk(id) => json!({"kind": "external_psk", "value": hex::encode(id)}),
        Ask::ResumptionPsk(epoch) => json!({"kind": "resumption_psk", "value": epoch}),
        Ask::Context(list) => json!({"kind": "context", "value": hex::encode(list)}),
        Ask::ReInit { suite, id } => json!({"kind": "reinit", "value": {"suite": suite, "id": hex::encode(id)}}),
        Ask::Update | Ask::Rekey => panic!("not asked of ts-mls"),
    }
}

impl TsMls {
    pub fn new(name: &str, settings: Settings) -> Self {
        let actor = Self { name: name.to_owned(), actor: NEXT.fetch_add(1, Ordering::Relaxed) };
        let settings = json!({
            "name": name,
            "suite": settings.suite,
            "encrypt": settings.encrypt,
            "tree_in_welcome": settings.tree_in_welcome,
            "custom_leaf": settings.custom_leaf,
            "extension": CUSTOM_EXTENSION,
            "not_before": NOW - 3600,
            "not_after": NEVER,
        });
        actor.call("new", settings);
        actor
    }

    fn call(&self, name: &str, mut arguments: Value) -> Value {
        arguments["call"] = name.into();
        arguments["actor"] = self.actor.into();
        let mut answer = call(&arguments);
        if let Some(error) = answer.get("error") {
            panic!("{}: ts-mls, {name}: {error}", self.name);
        }
        answer["ok"].take()
    }
}

impl Drop for TsMls {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.call("drop", json!({}));
        }
    }
}

impl Actor for TsMls {
    fn maker(&self) -> &'static str {
        TS_MLS.name
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn create(&mut self, id: &[u8]) {
        self.call("create", json!({"id": hex::encode(id)}));
    }

    fn key_package(&mut self) -> Vec<u8> {
        bytes(&self.call("keyPackage", json!({})))
    }

    fn propose(&mut self, ask: &Ask) -> Vec<u8> {
        bytes(&self.call("propose", json!({"ask": asked(ask)})))
    }

    fn commit(&mut self, asks: &[Ask]) -> Sent {
        let asks = asks.iter().map(asked).collect::<Vec<_>>();
        sent(&self.call("commit", json!({"asks": asks})))
    }

    fn commit_rekey(&mut self) -> Sent {
        panic!("not asked of ts-mls")
    }

    fn accept(&mut self) {
        self.call("accept", json!({}));
    }

    fn send(&mut self, data: &[u8], aad: &[u8]) -> Vec<u8> {
        bytes(&self.call("send", json!({"data": hex::encode(data), "aad": hex::encode(aad)})))
    }

    fn receive(&mut self, message: &[u8]) -> Got {
        let got = self.call("receive", json!({"bytes": hex::encode(message)}));
        match got["kind"].as_str().unwrap() {
            "message" => Got::Message {
                data: bytes(&got["data"]),
                aad: bytes(&got["aad"]),
                sender: u32::try_from(got["sender"].as_u64().unwrap()).unwrap(),
            },
            "proposal" => Got::Proposal,
            "epoch" => Got::Epoch,
            "removed" => Got::Removed,
            other => panic!("{other}"),
        }
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) {
        let tree = tree.map(hex::encode);
        self.call("join", json!({"welcome": hex::encode(welcome), "ratchet_tree": tree}));
    }

    fn group_info(&mut self, tree: bool) -> Vec<u8> {
        bytes(&self.call("groupInfo", json!({"inside": tree})))
    }

    fn join_external(&mut self, info: &[u8], tree: Option<&[u8]>, resync: Option<u32>) -> Vec<u8> {
        let tree = tree.map(hex::encode);
        let arguments = json!({"info": hex::encode(info), "ratchet_tree": tree, "resync": resync.is_some()});
        bytes(&self.call("joinExternal", arguments))
    }

    fn restart(&mut self) {
        self.call("restart", json!({}));
    }

    fn store_psk(&mut self, id: &[u8], value: &[u8]) {
        self.call("storePsk", json!({"id": hex::encode(id), "value": hex::encode(value)}));
    }

    fn view(&mut self) -> View {
        let arguments = json!({"label": EXPORT_LABEL, "context": hex::encode(EXPORT_CONTEXT), "length": EXPORT_LENGTH});
        let view = self.call("view", arguments);
        let member = |member: &Value| (u32::try_from(member[0].as_u64().unwrap()).unwrap(), bytes(&member[1]));
        View {
            epoch: view["epoch"].as_u64().unwrap(),
            context: bytes(&view["context"]),
            members: view["members"].as_array().unwrap().iter().map(member).collect(),
            authenticator: bytes(&view["authenticator"]),
            exported: bytes(&view["exported"]),
            tree: bytes(&view["tree"]),
        }
    }

    fn next_key_package(&mut self, _: &Succession, suite: u16) -> Vec<u8> {
        bytes(&self.call("nextKeyPackage", json!({"suite": suite})))
    }

    fn found(&mut self, kind: &Succession, key_packages: &[Vec<u8>]) -> Sent {
        let key_packages = key_packages.iter().map(hex::encode).collect::<Vec<_>>();
        sent(&self.call("found", json!({"branch": branch(kind), "key_packages": key_packages})))
    }

    fn succeed(&mut self, kind: &Succession, welcome: &[u8], tree: Option<&[u8]>) {
        let (welcome, tree) = (hex::encode(welcome), tree.map(hex::encode));
        self.call("succeed", json!({"branch": branch(kind), "welcome": welcome, "ratchet_tree": tree}));
    }

    fn external_sender(&mut self) -> Vec<u8> {
        bytes(&self.call("externalSender", json!({})))
    }

    fn propose_outside(&mut self, group: &Outside, ask: &Ask) -> Vec<u8> {
        bytes(&self.call("proposeOutside", json!({"info": hex::encode(&group.info), "ask": asked(ask)})))
    }

    fn ask_in(&mut self, group: &Outside) -> Vec<u8> {
        bytes(&self.call("askIn", json!({"info": hex::encode(&group.info)})))
    }
}

/// The identifier of a branch; none for the successor that a `ReInit` speaks of.
fn branch(kind: &Succession) -> Option<String> {
    match kind {
        Succession::ReInit => None,
        Succession::Branch(id) => Some(hex::encode(id)),
    }
}
