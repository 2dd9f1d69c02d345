//! Two processes at one database.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mls_client::{Disposition, DriverError, Group, Limits, SendError};
use mls_core::storage::StorageErrorKind;

use crate::common::{Party, Scratch, pair, text};

const DATABASE: &str = "MLS_STORAGE_TEST_DATABASE";
const TASK: &str = "MLS_STORAGE_TEST_TASK";
const MESSAGES: usize = 60;

/// Not a test of its own: what a process does that another test has started.
#[test]
fn child() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let path = Path::new(&path);
    let task = std::env::var(TASK).unwrap();
    let wait = || {
        println!("ready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
    };
    if task == "open" {
        wait();
        let alice = Party::open(path);
        let group = alice.client.create_group(&alice.identity("alice")).unwrap();
        println!("created {}", hex(group.id().as_bytes()));
        return;
    }
    let alice = Party::open(path);
    let id = alice.client.groups().unwrap().remove(0);
    let mut group = alice.client.load_group(&id).unwrap();
    wait();
    match task.as_str() {
        "commit" => match group.update() {
            Ok(commit) => println!("commit {}", hex(&commit.message)),
            Err(error) => println!("refused {:?}", error.disposition()),
        },
        "receive" => read_all(path, &mut group),
        _ => send_all(&mut group),
    }
}

fn read_all(path: &Path, group: &mut Group) {
    for line in std::fs::read_to_string(path.with_extension("messages")).unwrap().lines() {
        loop {
            match group.receive(&unhex(line)) {
                Ok(event) => println!("read {}", hex(&text(event))),
                Err(error) if error.disposition() == Disposition::Duplicate => println!("had it"),
                Err(error) => {
                    assert_eq!(error.disposition(), Disposition::Reload, "{error:?}");
                    println!("lost");
                    group.reload().unwrap();
                    continue;
                }
            }
            break;
        }
    }
}

fn send_all(group: &mut Group) {
    let mut sent = 0;
    while sent < MESSAGES {
        match group.send(b"hello") {
            Ok(out) => {
                println!("sent {} {}", out.generation, hex(&out.message));
                sent += 1;
            }
            Err(SendError::Driver(DriverError::Storage(error))) => {
                assert!(matches!(error.kind(), StorageErrorKind::Conflict | StorageErrorKind::Busy), "{error:?}");
                println!("lost");
                group.reload().unwrap();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn start(path: &Path, task: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["processes::child", "--exact", "--nocapture"])
        .env(DATABASE, path)
        .env(TASK, task)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a task in so many processes at once; what they say.
fn race(processes: usize, path: &Path, task: &str) -> Vec<String> {
    let mut children: Vec<Child> = (0..processes).map(|_| start(path, task)).collect();
    let mut outputs: Vec<_> = children.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap())).collect();
    for output in &mut outputs {
        let mut line = String::new();
        while !line.contains("ready") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "a process has ended");
        }
    }
    for child in &mut children {
        writeln!(child.stdin.as_mut().unwrap(), "go").unwrap();
    }
    let mut said = Vec::new();
    for (child, output) in children.iter_mut().zip(outputs) {
        said.extend(output.lines().map(Result::unwrap));
        assert!(child.wait().unwrap().success());
    }
    said
}

// bad: trap-09
#[test]
fn two_processes_never_send_the_same_generation() {
    let scratch = Scratch::new("processes");
    let path = scratch.file("alice.db");
    let (alice, bob) = (Party::open(&path), Party::open(&scratch.file("bob.db")));
    let (at_alice, mut at_bob) = pair(&alice, &bob);
    drop((at_alice, alice));
    let said = race(2, &path, "send");
    let lost = said.iter().filter(|line| line.ends_with("lost")).count();
    let mut generations = BTreeSet::new();
    for line in &said {
        let Some((_, sent)) = line.split_once("sent ") else { continue };
        let (generation, message) = sent.split_once(' ').unwrap();
        assert!(generations.insert(generation.parse::<u32>().unwrap()), "generation {generation} twice");
        assert_eq!(text(at_bob.receive(&unhex(message)).unwrap()), b"hello");
    }
    println!("{} messages, {lost} times the loser of a race reloaded", generations.len());
    assert_eq!(generations.len(), 2 * MESSAGES);
    // Skipped are only those that a process had reserved when the other one went on behind them.
    let reserved = (lost + 2) * usize::try_from(Limits::default().reserved_generations).unwrap();
    assert!(generations.last().is_some_and(|last| usize::try_from(*last).unwrap() < 2 * MESSAGES + reserved));
}

#[test]
fn of_two_processes_one_reads_a_message() {
    let scratch = Scratch::new("processes");
    let path = scratch.file("alice.db");
    let (alice, bob) = (Party::open(&path), Party::open(&scratch.file("bob.db")));
    let (at_alice, mut at_bob) = pair(&alice, &bob);
    drop((at_alice, alice));
    let texts: Vec<_> = (0..40_u8).map(|n| vec![n; 3]).collect();
    let messages: Vec<_> = texts.iter().map(|text| hex(&at_bob.send(text).unwrap().message)).collect();
    std::fs::write(path.with_extension("messages"), messages.join("\n")).unwrap();
    let said = race(2, &path, "receive");
    let mut read: Vec<_> = said.iter().filter_map(|line| Some(unhex(line.split_once("read ")?.1))).collect();
    read.sort();
    assert_eq!(read, texts);
    let lost = said.iter().filter(|line| line.ends_with("lost")).count();
    let had = said.iter().filter(|line| line.ends_with("had it")).count();
    println!("{lost} times the loser of a race reloaded");
    assert_eq!(had, texts.len());
}

#[test]
fn processes_may_open_a_new_database_at_once() {
    let scratch = Scratch::new("processes");
    let path = scratch.file("alice.db");
    let said = race(6, &path, "open");
    let created: BTreeSet<_> = said.iter().filter_map(|line| Some(unhex(line.split_once("created ")?.1))).collect();
    let alice = Party::open(&path);
    let groups = alice.client.groups().unwrap();
    assert_eq!(groups.iter().map(|id| id.as_bytes().to_vec()).collect::<BTreeSet<_>>(), created);
    assert_eq!((created.len(), alice.client.signers().len()), (6, 6));
}

#[test]
fn of_two_processes_one_commits() {
    let scratch = Scratch::new("processes");
    let path = scratch.file("alice.db");
    let (alice, bob) = (Party::open(&path), Party::open(&scratch.file("bob.db")));
    let (at_alice, mut at_bob) = pair(&alice, &bob);
    let id = at_alice.id().clone();
    drop((at_alice, alice));
    let said = race(2, &path, "commit");
    let made: Vec<_> = said.iter().filter_map(|line| line.split_once("commit ")).collect();
    assert_eq!(made.len(), 1, "{said:?}");
    let refused = format!("refused {:?}", Disposition::Reload);
    assert_eq!(said.iter().filter(|line| line.contains(&refused)).count(), 1, "{said:?}");
    let message = unhex(made[0].1);
    let alice = Party::open(&path);
    let mut at_alice = alice.client.load_group(&id).unwrap();
    assert_eq!(at_alice.pending_commit().unwrap().unwrap().message, message);
    at_bob.receive(&message).unwrap();
    at_alice.accept_commit().unwrap();
    crate::common::assert_talk(&mut at_alice, &mut at_bob);
}
