//! The commands of a member.

use mls_client::mls_core::framing::Sender;
use mls_client::{
    CommitOutput, Credential, Disposition, EpochChange, Event, GroupInfoOptions, LeafIndex, ReceiveError, Repeat,
};

use super::Member;
use crate::Outcome;
use crate::protocol::{Answer, Request};
use crate::report::{hex, unhex};

impl Member {
    /// Does what a line says; yields what came of it.
    pub(super) fn obey(&mut self, line: &str) -> Outcome<Vec<String>> {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let names: Vec<&str> = rest.split_whitespace().collect();
        match command {
            "found" => self.found(),
            "publish" => self.publish(),
            "add" => self.add(&names),
            "join" => self.join(),
            "join-external" => self.join_external(),
            "say" => self.say(rest),
            "sync" => self.sync(),
            "update" => self.update(),
            "remove" => self.remove(rest),
            "resume" => self.resume(),
            "read" => self.read(rest),
            "status" => self.status(),
            _ => Err(format!("unknown command {command}").into()),
        }
    }

    fn found(&mut self) -> Outcome<Vec<String>> {
        self.group = Some(self.client.create_group(&self.identity)?);
        self.publish_info()?;
        Ok(vec!["founded".to_owned()])
    }

    fn publish(&mut self) -> Outcome<Vec<String>> {
        let key_package = self.client.key_package(&self.identity)?.message;
        self.service()?.ask(&Request::PublishKeyPackage(key_package))?;
        Ok(Vec::new())
    }

    /// The `GroupInfo` of this epoch for those who join by external commit.
    fn publish_info(&mut self) -> Outcome<()> {
        let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
        let info = self.group()?.group_info(options)?;
        self.service()?.ask(&Request::PublishGroupInfo(info))?;
        Ok(())
    }

    fn add(&mut self, names: &[&str]) -> Outcome<Vec<String>> {
        let mut key_packages = Vec::new();
        for name in names {
            key_packages.push(self.service()?.fetch(&Request::FetchKeyPackage(name.as_bytes().to_vec()))?);
        }
        let commit = self.group()?.add(&key_packages)?;
        self.submit(&commit, names)
    }

    fn update(&mut self) -> Outcome<Vec<String>> {
        let commit = self.group()?.update()?;
        self.submit(&commit, &[])
    }

    fn remove(&mut self, name: &str) -> Outcome<Vec<String>> {
        let leaf = self.leaf_of(name)?;
        let commit = self.group()?.remove(&[leaf])?;
        self.submit(&commit, &[])
    }

    fn leaf_of(&mut self, name: &str) -> Outcome<LeafIndex> {
        let members = self.group()?.members()?;
        let member = members.into_iter().find(|member| member.credential == Credential::basic(name));
        Ok(member.ok_or("no such member")?.index)
    }

    /// Submits a commit that is stored as pending; enters its epoch if it was the first.
    fn submit(&mut self, commit: &CommitOutput, joiners: &[&str]) -> Outcome<Vec<String>> {
        let taken = self.service()?.commit(&commit.message, commit.welcome.as_deref(), joiners)?;
        if !taken {
            self.group()?.drop_commit()?;
            return Ok(vec!["refused".to_owned()]);
        }
        let change = self.group()?.accept_commit()?;
        self.publish_info()?;
        Ok(vec![epoch_line(&change)])
    }

    fn join(&mut self) -> Outcome<Vec<String>> {
        let welcome = self.service()?.fetch(&Request::FetchWelcome)?;
        let group = self.client.join(&welcome, None)?;
        let line = format!("joined {}", group.epoch());
        self.group = Some(group);
        Ok(vec![line])
    }

    fn join_external(&mut self) -> Outcome<Vec<String>> {
        let info = self.service()?.fetch(&Request::FetchGroupInfo)?;
        let join = self.client.join_external(&self.identity, &info, None)?;
        if !self.service()?.commit(join.message(), None, &[])? {
            join.abandon()?;
            return Ok(vec!["refused".to_owned()]);
        }
        let group = join.accept()?;
        let line = format!("joined {}", group.epoch());
        self.group = Some(group);
        self.publish_info()?;
        Ok(vec![line])
    }

    fn say(&mut self, text: &str) -> Outcome<Vec<String>> {
        let sent = self.group()?.send(text.as_bytes())?;
        self.service()?.ask(&Request::Send(sent.message))?;
        Ok(vec![format!("said {} {}", sent.epoch, sent.generation)])
    }

    /// Takes in all that has come, in one transaction, and acknowledges it only then.
    fn sync(&mut self) -> Outcome<Vec<String>> {
        let Answer::Messages(messages) = self.service()?.ask(&Request::Fetch)? else {
            return Err("the delivery service has no messages".into());
        };
        let numbers = messages.iter().map(|(number, _)| *number).collect();
        let events = self.group()?.receive_all(messages.iter().map(|(_, message)| message))?;
        self.service()?.ask(&Request::Acknowledge(numbers))?;
        Ok(events.into_iter().map(event_line).collect())
    }

    /// Sends again what may not have reached the others.
    fn resume(&mut self) -> Outcome<Vec<String>> {
        let mut said = Vec::new();
        for repeat in self.client.resume()? {
            match repeat {
                Repeat::Commit { commit, .. } => {
                    said.push(format!("again {}", commit.epoch));
                    said.extend(self.submit(&commit, &[])?);
                }
                other => said.push(format!("{other:?}")),
            }
        }
        Ok(said)
    }

    /// Tries to read a message that somebody else was sent.
    fn read(&mut self, message: &str) -> Outcome<Vec<String>> {
        let message = unhex(message)?;
        if self.group.is_none() {
            return Ok(vec!["failed no group".to_owned()]);
        }
        Ok(vec![event_line(self.group()?.receive(&message))])
    }

    fn status(&mut self) -> Outcome<Vec<String>> {
        let group = self.group()?;
        let members = group.members()?.len();
        Ok(vec![format!("at {} {} {members}", group.epoch(), hex(group.epoch_authenticator()))])
    }
}

fn event_line(event: Result<Event, ReceiveError>) -> String {
    match event {
        Ok(Event::Message(message)) => {
            let text = String::from_utf8_lossy(&message.data).into_owned();
            format!("read {} {} {text}", name_of(&message.sender.credential), message.epoch)
        }
        Ok(Event::Epoch(change)) => epoch_line(&change),
        Ok(Event::Removed(change)) => format!("removed {}", change.epoch),
        Ok(other) => format!("{other:?}"),
        Err(error) => format!("failed {}", disposition(&error.disposition())),
    }
}

/// `epoch <number> <committer> +<added> -<removed>`.
fn epoch_line(change: &EpochChange) -> String {
    let committer = match change.committer {
        Sender::Member(leaf) => leaf.as_u32().to_string(),
        _ => "new".to_owned(),
    };
    format!("epoch {} {committer} +{} -{}", change.epoch, change.added.len(), change.removed.len())
}

fn name_of(credential: &Credential) -> String {
    match credential {
        Credential::Basic { identity } => String::from_utf8_lossy(identity).into_owned(),
        other => format!("{other:?}"),
    }
}

fn disposition(next: &Disposition) -> String {
    match next {
        Disposition::AwaitEpoch(epoch) => format!("epoch {epoch} is not known"),
        Disposition::Duplicate => "duplicate".to_owned(),
        Disposition::Discard => "of no use".to_owned(),
        other => format!("{other:?}"),
    }
}
