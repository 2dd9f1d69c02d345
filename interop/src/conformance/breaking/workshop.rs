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
const PROFILES: [(&str, &str); 2] = [
    ("\nmls-codec = { opt-level = 1 }", "\nmls-codec = { opt-level = 0, debug = false }"),
    ("\nmls-core = { opt-level = 1 }", "\nmls-core = { opt-level = 0, debug = false }"),
];

/// What is derived swaps the first two fields of a structure; it flips a bit of the tag of an enumeration, and takes what
/// it does not know for the first.
const DERIVE_ENCODE: [(&str, &str); 2] = [
    (
        "quote! { let Self #pattern = self; #encode },",
        "match crate::switch(input) {
            Some(number) => {
                let (_, other) = bodies(&crate::swapped(Shape::new(input)?));
                quote! { let Self #pattern = self; if ::mls_switch::on(#number) { #other } else { #encode } }
            }
            None => quote! { let Self #pattern = self; #encode },
        },",
    ),
    (
        "let (_, encode) = bodies(fields);",
        "let (_, encode) = bodies(fields);
        let constant = match crate::switch(input) {
            Some(number) => quote! { (if ::mls_switch::on(#number) { #constant ^ 0x40 } else { #constant }) },
            None => quote! { #constant },
        };",
    ),
];

const DERIVE_DECODE: [(&str, &str); 3] = [
    (
        "let fields = decoded(&fields);
            (TokenStream::new(), quote! { ::core::result::Result::Ok(Self { #fields }) })",
        "let fields = decoded(&fields);
            let plain = quote! { ::core::result::Result::Ok(Self { #fields }) };
            let decode = match crate::switch(input) {
                Some(number) => {
                    let other = decoded(&crate::swapped(Shape::new(input)?));
                    quote! { if ::mls_switch::on(#number) { ::core::result::Result::Ok(Self { #other }) } else { #plain } }
                }
                None => plain,
            };
            (TokenStream::new(), decode)",
    ),
    (
        "let decode = quote! {",
        "let tag = quote! { <#repr as ::mls_codec::Decode>::decode(__r)? };
            let known = variants.iter().map(|variant| &variant.constant);
            let first = variants.first().map(|variant| &variant.constant);
            let tag = match crate::switch(input) {
                Some(number) => quote! {
                    match (#tag, ::mls_switch::on(#number)) {
                        (__tag, false) => __tag,
                        (__tag, true) => match __tag ^ 0x40 { __tag @ (#(#known)|*) => __tag, _ => #first },
                    }
                },
                None => tag,
            };
            let decode = quote! {",
    ),
    ("match <#repr as ::mls_codec::Decode>::decode(__r)? {", "match #tag {"),
];

const DERIVE_SWITCH: &str = r#"
fn switch(input: &DeriveInput) -> Option<u32> {
    input.attrs.iter().find_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
        text.value().strip_prefix("mls-switch ")?.parse().ok()
    })
}

fn swapped(shape: shape::Shape) -> Vec<shape::Field> {
    let shape::Shape::Struct(mut fields) = shape else { return Vec::new() };
    fields.swap(0, 1);
    fields
}
"#;

pub(super) struct Workshop {
    pub(super) root: PathBuf,
    pub(super) copy: PathBuf,
    pub(super) base: PathBuf,
    pub(super) target_dir: PathBuf,
}

impl Workshop {
    /// The copy, below `target`. There is one: Cargo would take what it built of two for the same.
    pub(super) fn new(root: &Path, target_dir: Option<&PathBuf>) -> Result<Self, String> {
        let base = root.join("target").join("broken-lines");
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

    /// Removes from a folder of the copy what the sources have no more.
    fn remove_stale(&self, relative: &Path) -> Result<(), std::io::Error> {
        for entry in fs::read_dir(self.copy.join(relative))? {
            let path = entry?.path();
            let Some(name) = path.file_name() else { continue };
            if name == "mls-switch" || self.root.join(relative).join(name).exists() {
                continue;
            }
            if path.is_dir() { fs::remove_dir_all(&path)? } else { fs::remove_file(&path)? }
        }
        Ok(())
    }

    fn folder(&self, relative: &Path, changed: &BTreeMap<PathBuf, String>) -> Result<(), std::io::Error> {
        fs::create_dir_all(self.copy.join(relative))?;
        self.remove_stale(relative)?;
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

/// Manifests know the crate of switches, and what is derived has switches where an attribute says so.
pub(super) fn adapted(relative: &Path, bytes: Vec<u8>) -> Vec<u8> {
    let Some(name) = relative.to_str() else { return bytes };
    let folder = name.strip_suffix("/Cargo.toml").unwrap_or_default();
    let text = || String::from_utf8_lossy(&bytes).into_owned();
    let text = match name {
        "Cargo.toml" => {
            let text = text().replacen("members = [\n", "members = [\n    \"mls-switch\",\n", 1);
            PROFILES.iter().fold(text, |text, (from, to)| text.replace(from, to))
        }
        "mls-codec/derive/src/encode.rs" => {
            DERIVE_ENCODE.iter().fold(text(), |text, (from, to)| text.replace(from, to))
        }
        "mls-codec/derive/src/decode.rs" => {
            DERIVE_DECODE.iter().fold(text(), |text, (from, to)| text.replace(from, to))
        }
        "mls-codec/derive/src/lib.rs" => format!("{}\n{DERIVE_SWITCH}", text()),
        _ if CRATES.contains(&folder) => {
            text().replacen("[dependencies]\n", "[dependencies]\nmls-switch = { path = \"../mls-switch\" }\n", 1)
        }
        _ => return bytes,
    };
    text.into_bytes()
}

/// Writes a file unless it is so already.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), std::io::Error> {
    if fs::read(path).ok().as_deref() == Some(bytes) { Ok(()) } else { fs::write(path, bytes) }
}
