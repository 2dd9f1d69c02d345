//! Members as the script sees them: processes that are told things, killed and started again.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mls_client::CipherSuite;

use crate::Outcome;

/// A member's process.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    dir: PathBuf,
    port: u16,
    suite: CipherSuite,
}

impl Process {
    /// Starts a member over the store in `dir`; with port 0 it has no delivery service.
    pub(crate) fn start(name: &'static str, dir: &Path, port: u16, suite: CipherSuite) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--member", name, "--port", &port.to_string(), "--suite", &suite.0.to_string(), "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        Ok(Self { name, child, input, output, dir: dir.to_owned(), port, suite })
    }

    /// Who it is.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Where its store is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Tells it something and does not wait.
    pub(crate) fn tell(&mut self, command: &str) -> Outcome<()> {
        writeln!(self.input, "{command}")?;
        Ok(self.input.flush()?)
    }

    /// Tells it something; yields what came of it.
    pub(crate) fn ask(&mut self, command: &str) -> Outcome<Vec<String>> {
        self.tell(command)?;
        let mut said = Vec::new();
        for line in self.output.by_ref() {
            let line = line?;
            if line == "done" {
                return Ok(said);
            }
            said.push(line);
        }
        Err(format!("{} has ended at `{command}`", self.name).into())
    }

    /// Tells it something and checks what came of it.
    pub(crate) fn expect(&mut self, command: &str, want: &[&str]) -> Outcome<()> {
        let said = self.ask(command)?;
        if said == want {
            return Ok(());
        }
        Err(format!("{}, told `{command}`, says {said:?} and should say {want:?}", self.name).into())
    }

    /// Kills it (SIGKILL) and starts it again over the same store.
    pub(crate) fn kill_and_restart(&mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        *self = Self::start(self.name, &self.dir, self.port, self.suite)?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}
