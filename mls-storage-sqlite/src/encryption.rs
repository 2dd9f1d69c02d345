//! Encrypted files: `SQLCipher`.

use core::fmt::Write as _;

use mls_crypto_traits::SecretBytes;
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::error::OpenError;
use crate::store::SqliteStorage;

/// What a file is encrypted with.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileKey {
    /// A passphrase, from which `SQLCipher` derives the key with PBKDF2 and the salt of the file: slow on purpose.
    Passphrase(SecretBytes),
    /// A key of 32 uniform bytes.
    Raw(SecretBytes),
}

/// How a file is encrypted: with `SQLCipher` 4, AES-256-CBC and HMAC-SHA512 for each page.
#[derive(Debug)]
pub struct Encryption {
    key: FileKey,
    salt: Option<[u8; 16]>,
}

impl Encryption {
    /// Encrypts the whole file.
    #[must_use]
    pub const fn new(key: FileKey) -> Self {
        Self { key, salt: None }
    }

    /// Leaves the first 32 bytes of the file in the clear, for systems that must recognise an SQLite file (iOS, in
    /// shared containers). The salt, which otherwise stands there, is then kept by the application: 16 random bytes,
    /// not secret, the same at each opening.
    #[must_use]
    pub const fn plaintext_header(mut self, salt: [u8; 16]) -> Self {
        self.salt = Some(salt);
        self
    }

    /// Gives the connection its key.
    pub(crate) fn unlock(&self, connection: &Connection) -> Result<(), OpenError> {
        connection.execute_batch(&pragma("key", &self.key)?)?;
        if let Some(salt) = &self.salt {
            connection.execute_batch("PRAGMA cipher_plaintext_header_size = 32;")?;
            connection.execute_batch(&format!("PRAGMA cipher_salt = \"x'{}'\";", &*hex(salt)))?;
        }
        // An ordinary SQLite takes no notice of all this.
        let version = connection.query_row("PRAGMA cipher_version", [], |row| row.get::<_, String>(0));
        if version.is_err() {
            return Err(OpenError::NoEncryption);
        }
        Ok(())
    }
}

impl SqliteStorage {
    /// Encrypts the file anew with another key: as one transaction, so that a crash leaves the old key or the new one.
    /// What was encrypted with the old key leaves the files before this returns.
    ///
    /// No other connection to the file may be open: it could neither read nor write from then on. A plaintext header
    /// stays one, with its salt.
    ///
    /// # Errors
    /// [`OpenError::NoEncryption`] where the file is not encrypted, [`OpenError::WrongKey`] for a key that cannot be
    /// one; the old key stays the file's. [`OpenError::Storage`] with
    /// [`Busy`](mls_core::storage::StorageErrorKind::Busy) where another connection is open: then close this store and
    /// find out by opening it which key the file has.
    pub fn change_key(&self, key: &FileKey) -> Result<(), OpenError> {
        let inner = self.lock();
        let salt = inner.connection.query_row("PRAGMA cipher_salt", [], |row| row.get::<_, String>(0));
        if salt.is_err() {
            return Err(OpenError::NoEncryption);
        }
        inner.connection.execute_batch(&pragma("rekey", key)?)?;
        drop(inner);
        Ok(self.erase_now()?)
    }
}

/// The statement that sets a key.
pub(crate) fn pragma(name: &str, key: &FileKey) -> Result<Zeroizing<String>, OpenError> {
    // Long enough that it does not move and leave copies.
    let mut statement = Zeroizing::new(String::with_capacity(64 + 2 * bytes_of(key).len()));
    statement.push_str("PRAGMA ");
    statement.push_str(name);
    match key {
        FileKey::Passphrase(passphrase) => {
            let text = core::str::from_utf8(passphrase.as_bytes()).map_err(|_| OpenError::WrongKey)?;
            if text.is_empty() || text.contains('\0') {
                return Err(OpenError::WrongKey);
            }
            statement.push_str(" = '");
            for character in text.chars() {
                if character == '\'' {
                    statement.push('\'');
                }
                statement.push(character);
            }
            statement.push_str("';");
        }
        FileKey::Raw(raw) => {
            if raw.len() != 32 {
                return Err(OpenError::WrongKey);
            }
            statement.push_str(" = \"x'");
            statement.push_str(&hex(raw.as_bytes()));
            statement.push_str("'\";");
        }
    }
    Ok(statement)
}

fn bytes_of(key: &FileKey) -> &[u8] {
    match key {
        FileKey::Passphrase(bytes) | FileKey::Raw(bytes) => bytes.as_bytes(),
    }
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(2)));
    for octet in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}
