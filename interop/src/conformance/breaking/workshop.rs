//! The copy of the sources, where switches are put in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that can have switches.
pub(super) const CRATES: [&str; 8] = [
    "mls-codec",
    "mls-crypto-traits",
    "mls-crypto-rustcrypto",
    "mls-crypto-openssl",
    "mls-crypto-awslc",
    "mls-core",
    "mls-identity-x509",
    "mls-client",
];

/// The crate of switches: an environment variable turns one on, another names a file that records those asked for.
const SWITCH: &str = r#"//! Switches of the tool that breaks lines; only ever in a copy of the sources.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

static STATE: OnceLock<(u32, Option<Mutex<File>>)> = OnceLock::new();
static SEEN: [AtomicU64; 1024] = [const { AtomicU64::new(0) }; 1024];

fn state() -> (u32, Option<Mutex<File>>) {
    let chosen = std::env::var("MLS_SWITCH").ok().and_then(|number| number.parse().ok());
    let record = std::env::var_os("MLS_SWITCH_RECORD");
    let file = record.and_then(|path| OpenOptions::new().create(true).append(true).open(path).ok());
    (chosen.unwrap_or(0), file.map(Mutex::new))
}

pub fn on(number: u32) -> bool {
    let (chosen, record) = STATE.get_or_init(state);
    if let Some(record) = record {
        let bit = 1_u64 << (number % 64);
        let seen = SEEN[(number / 64) as usize % 1024].fetch_or(bit, Ordering::Relaxed);
        if seen & bit == 0 {
            let mut file = record.lock().unwrap();
            let _ = file.write_all(format!("{number}\n").as_bytes());
        }
    }
    number == *chosen
}
"#;

const SWITCH_MANIFEST: &str =
    "[package]\nname = \"mls-switch\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n";

/// What has switches is built often and runs little.
const PROFILE: &str = "[profile.dev.package]
mls-codec = { opt-level = 0, debug = false }
mls-core = { opt-level = 0, debug = false }
";

pub(super) struct Workshop {
    pub(super) root: PathBuf,
    pub(super) copy: PathBuf,
    pub(super) base: PathBuf,
    pub(super) target_dir: PathBuf,
}

impl Workshop {
    /// Copies the sources to `target/conformance-break`, some of them changed; what is there already and the same is left.
    pub(super) fn new(root: &Path, target_dir: Option<&PathBuf>) -> Result<Self, String> {
        let base = root.join("target/conformance-break");
        let copy = base.join("sources");
        // What is built of other crates is the same here.
        let target_dir = target_dir.cloned().unwrap_or_else(|| root.join("target"));
        let target_dir = std::path::absolute(&target_dir).map_err(|error| error.to_string())?;
        Ok(Self { root: root.to_owned(), copy, base, target_dir })
    }

    /// Brings the copy to the state of the sources, with these files changed.
    pub(super) fn fill(&self, changed: &BTreeMap<PathBuf, String>) -> Result<(), String> {
        self.folder(Path::new(""), changed).map_err(|error| format!("{}: {error}", self.copy.display()))?;
        let switch = self.copy.join("mls-switch");
        let written = fs::create_dir_all(switch.join("src"))
            .and_then(|()| write(&switch.join("src/lib.rs"), SWITCH.as_bytes()))
            .and_then(|()| write(&switch.join("Cargo.toml"), SWITCH_MANIFEST.as_bytes()));
        written.map_err(|error| format!("{}: {error}", switch.display()))
    }

    fn folder(&self, relative: &Path, changed: &BTreeMap<PathBuf, String>) -> Result<(), std::io::Error> {
        fs::create_dir_all(self.copy.join(relative))?;
        for entry in fs::read_dir(self.root.join(relative))? {
            let path = entry?.path();
            let Some(name) = path.file_name() else { continue };
            let relative = relative.join(name);
            let shown = name.to_string_lossy();
            if path.is_dir() {
                if shown != "target" && shown != "node_modules" && !shown.starts_with('.') {
                    self.folder(&relative, changed)?;
                }
            } else if path.is_file() {
                let bytes = match changed.get(&relative) {
                    Some(text) => text.clone().into_bytes(),
                    None => adapted(&relative, fs::read(&path)?),
                };
                write(&self.copy.join(&relative), &bytes)?;
            }
        }
        Ok(())
    }
}

/// Manifests know the crate of switches.
fn adapted(relative: &Path, bytes: Vec<u8>) -> Vec<u8> {
    let folder = relative.parent().and_then(Path::to_str).unwrap_or_default();
    if relative.file_name().is_none_or(|name| name != "Cargo.toml") {
        return bytes;
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let text = if folder.is_empty() {
        let text = text.replacen("members = [\n", "members = [\n    \"mls-switch\",\n", 1);
        format!("{text}\n{PROFILE}")
    } else if CRATES.contains(&folder) {
        text.replacen("[dependencies]\n", "[dependencies]\nmls-switch = { path = \"../mls-switch\" }\n", 1)
    } else {
        text
    };
    text.into_bytes()
}

/// Writes a file unless it is so already.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), std::io::Error> {
    if fs::read(path).ok().as_deref() == Some(bytes) { Ok(()) } else { fs::write(path, bytes) }
}
