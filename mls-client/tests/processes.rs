//! Two processes on one database: no generation is used twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use mls_client::{BasicIdentity, CipherSuite, Client, Credential, Disposition, Event, MemoryStorage};
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
const DATABASE: &str = "MLS_CLIENT_TEST_DATABASE";
const MESSAGES: usize = 60;

fn client(database: &Path) -> Client {
    let store = SqliteStorage::open(database, &SqliteOptions::new()).unwrap();
    Client::builder(Arc::new(store), Arc::new(BasicIdentity::new())).build().unwrap()
}

/// A folder that is gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mls-client-processes-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(database: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["a_process_that_sends", "--exact", "--ignored", "--nocapture"])
        .env(DATABASE, database)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test: what [`two_processes_use_no_generation_twice`] starts. It sends, and prints each message.
#[test]
#[ignore = "is started by another test"]
fn a_process_that_sends() {
    let Some(database) = std::env::var_os(DATABASE) else { return };
    let client = client(Path::new(&database));
    let mut group = client.load_group(client.groups().unwrap().first().unwrap()).unwrap();
    let mut sent = 0;
    while sent < MESSAGES {
        match group.send(b"x") {
            Ok(outgoing) => {
                let hex: String = outgoing.message.iter().map(|byte| format!("{byte:02x}")).collect();
                println!("\nsent {} {hex}", outgoing.generation);
                sent += 1;
            }
            Err(error) if error.disposition() == Disposition::Reload => {
                println!("\nreload");
                group.reload().unwrap();
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn two_processes_use_no_generation_twice() {
    let folder = Folder::new();
    let database = folder.0.join("store.sqlite");
    let bob = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new())).build().unwrap();
    let bob_id = bob.new_identity(SUITE, Credential::basic("bob")).unwrap();
    let mut at_bob = bob.create_group(&bob_id).unwrap();
    {
        let alice = client(&database);
        let alice_id = alice.new_identity(SUITE, Credential::basic("alice")).unwrap();
        let commit = at_bob.add(&[alice.key_package(&alice_id).unwrap().message]).unwrap();
        at_bob.accept_commit().unwrap();
        alice.join(&commit.welcome.unwrap(), None).unwrap();
    }
    let children = [start(&database), start(&database)];
    let mut messages = Vec::new();
    let mut reloads = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["sent", generation, hex] => {
                    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
                    let message: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
                    messages.push((generation.parse::<u32>().unwrap(), message));
                }
                ["reload"] => reloads += 1,
                _ => {}
            }
        }
    }
    let used: BTreeSet<u32> = messages.iter().map(|(generation, _)| *generation).collect();
    println!("{} messages, {reloads} reloads, generations up to {:?}", messages.len(), used.last());
    assert_eq!((messages.len(), used.len()), (2 * MESSAGES, 2 * MESSAGES));
    messages.sort();
    for (_, message) in messages {
        assert!(matches!(at_bob.receive(&message).unwrap(), Event::Message(_)));
    }
}
