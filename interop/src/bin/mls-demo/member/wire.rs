//! A member's connection to the delivery service.

use std::io::BufReader;
use std::net::TcpStream;

use crate::Outcome;
use crate::protocol::{Answer, Request, read, write};

/// A member's connection to the delivery service.
pub(crate) struct Connection {
    input: BufReader<TcpStream>,
    output: TcpStream,
}

impl Connection {
    pub(crate) fn open(port: u16, name: &str) -> Outcome<Self> {
        let output = TcpStream::connect(("127.0.0.1", port))?;
        output.set_nodelay(true)?;
        let mut connection = Self { input: BufReader::new(output.try_clone()?), output };
        connection.ask(&Request::Hello(name.as_bytes().to_vec()))?;
        Ok(connection)
    }

    pub(crate) fn ask(&mut self, request: &Request) -> Outcome<Answer> {
        write(&mut self.output, request)?;
        read(&mut self.input)?.ok_or_else(|| "the delivery service is gone".into())
    }

    /// Asks for something that must be there.
    pub(crate) fn fetch(&mut self, request: &Request) -> Outcome<Vec<u8>> {
        match self.ask(request)? {
            Answer::Bytes(bytes) => Ok(bytes),
            _ => Err("the delivery service does not have it".into()),
        }
    }

    /// Submits a commit; whether it was taken as the first of its epoch.
    pub(crate) fn commit(&mut self, message: &[u8], welcome: Option<&[u8]>, joiners: &[&str]) -> Outcome<bool> {
        let joiners = joiners.iter().map(|name| name.as_bytes().to_vec()).collect();
        let welcome = welcome.unwrap_or_default().to_vec();
        let answer = self.ask(&Request::Commit { message: message.to_vec(), welcome, joiners })?;
        Ok(matches!(answer, Answer::Done))
    }
}
