//! What happens in the demo, and what must come of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use mls_client::CipherSuite;
use mls_client::mls_crypto_traits::CryptoProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;

use crate::Outcome;
use crate::member::DATABASE;
use crate::process::Process;
use crate::report::{heading, hex, line};
use crate::service::{Service, Silence};

/// The members and the service between them.
struct Stage {
    service: Arc<Service>,
    silent: Receiver<()>,
    suite: CipherSuite,
    dir: PathBuf,
    alice: Process,
    bob: Process,
    carol: Process,
    dave: Process,
}

/// Runs the demo.
pub(crate) fn run(suite: CipherSuite, dir: Option<PathBuf>) -> Outcome<()> {
    if RustCryptoProvider::new().suite(suite).is_none() {
        return Err(format!("there is no cipher suite {}", suite.0).into());
    }
    match dir {
        Some(dir) => play(suite, &dir),
        None => {
            let dir = std::env::temp_dir().join(format!("mls-demo-{}", std::process::id()));
            let played = play(suite, &dir);
            let removed = fs::remove_dir_all(&dir);
            played?;
            Ok(removed?)
        }
    }
}

fn play(suite: CipherSuite, dir: &Path) -> Outcome<()> {
    let (service, port, silent) = Service::start()?;
    let start = |name| Process::start(name, &dir.join(name), port, suite);
    let mut stage = Stage {
        service,
        silent,
        suite,
        dir: dir.to_owned(),
        alice: start("alice")?,
        bob: start("bob")?,
        carol: start("carol")?,
        dave: start("dave")?,
    };
    println!("{suite:?}; delivery service on 127.0.0.1:{port}; stores in {}", dir.display());
    println!("A line: who, what it does, and what came of it in its own process.");
    stage.founding()?;
    stage.external_commit()?;
    stage.messages()?;
    stage.race()?;
    stage.kill()?;
    stage.healing()?;
    stage.removal()?;
    heading("An organisation: devices with X.509 certificates, in one process");
    crate::organisation::main()?;
    println!("\nEverything was as it should be.");
    Ok(())
}

impl Stage {
    fn founding(&mut self) -> Outcome<()> {
        heading("Founding: members join by Welcome");
        self.bob.expect("publish", &[])?;
        self.carol.expect("publish", &[])?;
        self.alice.expect("found", &["founded"])?;
        line("alice", "founds the group: epoch 0");
        self.alice.expect("add bob carol", &["epoch 1 0 +2 -0"])?;
        line("alice", "adds bob and carol: epoch 1");
        self.bob.expect("join", &["joined 1"])?;
        self.carol.expect("join", &["joined 1"])?;
        line("bob", "joins by Welcome: epoch 1");
        line("carol", "joins by Welcome: epoch 1");
        self.agree(1, 3)
    }

    fn external_commit(&mut self) -> Outcome<()> {
        heading("A member joins by external commit");
        self.dave.expect("join-external", &["joined 2"])?;
        line("dave", "joins by external commit, uninvited: epoch 2");
        for member in [&mut self.alice, &mut self.bob, &mut self.carol] {
            member.expect("sync", &["epoch 2 new +1 -0"])?;
        }
        self.agree(2, 4)
    }

    fn messages(&mut self) -> Outcome<()> {
        heading("Messages: in order, out of order, and late");
        self.alice.expect("say hello", &["said 2 0"])?;
        self.alice.expect("say one", &["said 2 1"])?;
        self.alice.expect("say two", &["said 2 2"])?;
        line("alice", "says \"hello\", \"one\", \"two\" in epoch 2");
        self.service.reverse("bob");
        self.bob.expect("sync", &["read alice 2 two", "read alice 2 one", "read alice 2 hello"])?;
        line("bob", "gets them in reverse and reads all three");
        for member in [&mut self.carol, &mut self.dave] {
            member.expect("sync", &["read alice 2 hello", "read alice 2 one", "read alice 2 two"])?;
            line(member.name(), "reads them in order");
        }

        self.service.hold("carol");
        self.bob.expect("say late", &["said 2 0"])?;
        self.service.stop_holding("carol");
        line("bob", "says \"late\" in epoch 2; the service keeps carol's copy back");
        for member in [&mut self.alice, &mut self.dave] {
            member.expect("sync", &["read bob 2 late"])?;
        }
        self.alice.expect("update", &["epoch 3 0 +0 -0"])?;
        line("alice", "commits new keys: epoch 3");
        for member in [&mut self.bob, &mut self.carol, &mut self.dave] {
            member.expect("sync", &["epoch 3 0 +0 -0"])?;
        }
        self.service.release("carol");
        self.carol.expect("sync", &["read bob 2 late"])?;
        line("carol", "gets \"late\" of epoch 2 in epoch 3 and reads it");
        self.agree(3, 4)
    }

    fn race(&mut self) -> Outcome<()> {
        heading("Two commits for one epoch: the first wins");
        self.alice.expect("update", &["epoch 4 0 +0 -0"])?;
        line("alice", "commits: taken as the first, epoch 4");
        self.bob.expect("update", &["refused"])?;
        line("bob", "commits for epoch 3 too: refused, dropped");
        for member in [&mut self.bob, &mut self.carol, &mut self.dave] {
            member.expect("sync", &["epoch 4 0 +0 -0"])?;
        }
        self.bob.expect("update", &["epoch 5 1 +0 -0"])?;
        line("bob", "follows to epoch 4 and commits again: epoch 5");
        for member in [&mut self.alice, &mut self.carol, &mut self.dave] {
            member.expect("sync", &["epoch 5 1 +0 -0"])?;
        }
        self.agree(5, 4)
    }

    fn kill(&mut self) -> Outcome<()> {
        heading("A process is killed in the middle of its commit, and of a message");
        self.service.fall_silent_to("carol", Silence::AfterTaking);
        self.carol.tell("update")?;
        self.silent.recv()?;
        line("carol", "commits; the service takes it and does not answer");
        self.carol.kill_and_restart()?;
        line("carol", "is killed (SIGKILL) and starts again from her store");
        self.carol.expect("resume", &["again 6", "epoch 6 2 +0 -0"])?;
        line("carol", "finds her commit pending, sends it again: epoch 6");
        for member in [&mut self.alice, &mut self.bob, &mut self.dave] {
            member.expect("sync", &["epoch 6 2 +0 -0"])?;
        }
        self.agree(6, 4)?;

        self.service.fall_silent_to("carol", Silence::BeforeTaking);
        self.carol.tell("update")?;
        self.silent.recv()?;
        line("carol", "commits again; it is lost on the way");
        self.carol.kill_and_restart()?;
        self.carol.expect("resume", &["again 7", "epoch 7 2 +0 -0"])?;
        line("carol", "is killed, starts again, sends the same commit: epoch 7");
        for member in [&mut self.alice, &mut self.bob, &mut self.dave] {
            member.expect("sync", &["epoch 7 2 +0 -0"])?;
        }
        self.agree(7, 4)?;

        self.carol.expect("say back again", &["said 7 0"])?;
        self.service.fall_silent_to("carol", Silence::BeforeTaking);
        self.carol.tell("say nobody hears this")?;
        self.silent.recv()?;
        self.carol.kill_and_restart()?;
        self.carol.expect("say and again", &["said 7 32"])?;
        line("carol", "speaks, is killed in the middle of a word, speaks: generations 0 and 32, no key twice");
        line("", "(those between were reserved ahead)");
        for member in [&mut self.alice, &mut self.bob, &mut self.dave] {
            member.expect("sync", &["read carol 7 back again", "read carol 7 and again"])?;
        }
        line("all", "read both");

        self.alice.expect("say once", &["said 7 0"])?;
        self.service.fall_silent_to("carol", Silence::AtAcknowledging);
        self.carol.tell("sync")?;
        self.silent.recv()?;
        self.carol.kill_and_restart()?;
        self.carol.expect("sync", &["failed duplicate"])?;
        line("carol", "receives, is killed before she acknowledges, and knows the message when it comes again");
        for member in [&mut self.bob, &mut self.dave] {
            member.expect("sync", &["read alice 7 once"])?;
        }
        Ok(())
    }

    fn healing(&mut self) -> Outcome<()> {
        heading("Healing: bob's store is stolen");
        let stolen = self.dir.join("thief");
        copy_database(self.bob.dir(), &stolen)?;
        let mut thief = Process::start("bob", &stolen, 0, self.suite)?;
        self.alice.expect("say a secret", &["said 7 1"])?;
        let secret = self.newest("bob")?;
        thief.expect(&format!("read {secret}"), &["read alice 7 a secret"])?;
        line("thief", "has a copy of bob's store and reads alice's \"a secret\"");
        for member in [&mut self.bob, &mut self.carol, &mut self.dave] {
            member.expect("sync", &["read alice 7 a secret"])?;
        }
        self.bob.expect("update", &["epoch 8 1 +0 -0"])?;
        line("bob", "commits new keys: epoch 8");
        let commit = self.newest("alice")?;
        for member in [&mut self.alice, &mut self.carol, &mut self.dave] {
            member.expect("sync", &["epoch 8 1 +0 -0"])?;
        }
        unreadable("thief", &mut thief, &commit, "cannot follow bob's commit")?;
        self.alice.expect("say healed", &["said 8 0"])?;
        let healed = self.newest("carol")?;
        unreadable("thief", &mut thief, &healed, "cannot read alice's \"healed\"")?;
        for member in [&mut self.bob, &mut self.carol, &mut self.dave] {
            member.expect("sync", &["read alice 8 healed"])?;
        }
        line("bob", "reads it, and so do carol and dave");
        self.agree(8, 4)
    }

    fn removal(&mut self) -> Outcome<()> {
        heading("Removal: dave is shut out");
        let kept = self.dir.join("dave who does not listen");
        copy_database(self.dave.dir(), &kept)?;
        self.alice.expect("remove dave", &["epoch 9 0 +0 -1"])?;
        line("alice", "removes dave: epoch 9");
        let commit = self.newest("dave")?;
        self.dave.expect("sync", &["removed 9"])?;
        line("dave", "is told, and has nothing of the group left");
        for member in [&mut self.bob, &mut self.carol] {
            member.expect("sync", &["epoch 9 0 +0 -1"])?;
        }
        self.alice.expect("say without dave", &["said 9 0"])?;
        let message = self.newest("bob")?;
        for member in [&mut self.bob, &mut self.carol] {
            member.expect("sync", &["read alice 9 without dave"])?;
            line(member.name(), "reads alice's \"without dave\"");
        }
        unreadable("dave", &mut self.dave, &message, "cannot read it")?;
        let mut deaf = Process::start("dave", &kept, 0, self.suite)?;
        unreadable("dave", &mut deaf, &message, "cannot read it with a copy of his store from before")?;
        deaf.expect(&format!("read {commit}"), &["removed 9"])?;
        unreadable("dave", &mut deaf, &message, "nor with that and the commit")?;
        agree([&mut self.alice, &mut self.bob, &mut self.carol], 9, 3)
    }

    /// What came last for somebody, before it is fetched.
    fn newest(&self, name: &str) -> Outcome<String> {
        Ok(hex(&self.service.peek(name).ok_or("nothing has come")?))
    }

    fn agree(&mut self, epoch: u64, members: usize) -> Outcome<()> {
        match members {
            3 => agree([&mut self.alice, &mut self.bob, &mut self.carol], epoch, members),
            _ => agree([&mut self.alice, &mut self.bob, &mut self.carol, &mut self.dave], epoch, members),
        }
    }
}

/// A copy of a database, with the log that belongs to it.
fn copy_database(from: &Path, to: &Path) -> Outcome<()> {
    fs::create_dir_all(to)?;
    for name in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
        fs::copy(from.join(&name), to.join(&name))?;
    }
    Ok(())
}

/// All are in the same epoch and have the same epoch authenticator (RFC 9420 section 8.7).
fn agree<const N: usize>(processes: [&mut Process; N], epoch: u64, members: usize) -> Outcome<()> {
    let mut common: Option<Vec<String>> = None;
    for process in processes {
        let said = process.ask("status")?;
        let [status] = said.as_slice() else {
            return Err(format!("{said:?}").into());
        };
        let parts: Vec<_> = status.split(' ').map(str::to_owned).collect();
        if parts.first().is_none_or(|word| word != "at")
            || parts.get(1) != Some(&epoch.to_string())
            || parts.get(3) != Some(&members.to_string())
        {
            return Err(format!("{} is at {status}, not in epoch {epoch} of {members}", process.name()).into());
        }
        if common.get_or_insert_with(|| parts.clone()) != &parts {
            return Err(format!("{} is in another epoch {epoch} than the others", process.name()).into());
        }
    }
    let authenticator = common.and_then(|parts| parts.get(2).cloned()).unwrap_or_default();
    let short = authenticator.get(..16).unwrap_or(&authenticator);
    line("all", &format!("agree: epoch {epoch}, {members} members, authenticator {short}.."));
    Ok(())
}

fn unreadable(who: &str, member: &mut Process, message: &str, what: &str) -> Outcome<()> {
    let said = member.ask(&format!("read {message}"))?;
    let why = match said.as_slice() {
        [only] => only.strip_prefix("failed "),
        _ => None,
    };
    line(who, &format!("{what} ({})", why.ok_or_else(|| format!("{who} should not be able to: {said:?}"))?));
    Ok(())
}
