//! The secrets that are looked for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use super::arena::{blocks, forget};
use super::{apart, is_owned};

/// Keeps the list from matching itself.
const MASK: u8 = 0xa5;
/// Shorter ones could be found by chance.
const SHORTEST: usize = 12;

struct Secret {
    masked: Vec<u8>,
    /// What it is: one secret may be an output here and an AEAD key there.
    names: BTreeSet<String>,
    /// The sets of secrets that it can be derived from, each sufficient.
    made_from: Vec<Vec<usize>>,
}

#[derive(Default)]
struct State {
    secrets: Vec<Secret>,
    by_bytes: HashMap<Vec<u8>, usize>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

impl State {
    fn note(&mut self, name: &str, bytes: &[u8]) -> Option<usize> {
        if bytes.len() < SHORTEST || bytes.iter().all(|byte| *byte == 0) {
            return None;
        }
        let masked: Vec<u8> = bytes.iter().map(|byte| byte ^ MASK).collect();
        let at = *self.by_bytes.entry(masked.clone()).or_insert_with(|| {
            self.secrets.push(Secret { masked, names: BTreeSet::new(), made_from: Vec::new() });
            self.secrets.len() - 1
        });
        self.secrets[at].names.insert(name.to_owned());
        Some(at)
    }

    fn found(&self, numbers: BTreeSet<usize>) -> Vec<Found> {
        let names = |number: usize| self.secrets[number].names.iter().cloned().collect::<Vec<_>>().join(", ");
        numbers.into_iter().map(|number| Found { number, names: names(number) }).collect()
    }
}

/// Notes a secret; to be given to the watched provider. What passes outside the arena is none of ours.
pub fn listen(name: &str, from: &[&[u8]], bytes: &[u8]) {
    if !is_owned() {
        return;
    }
    apart(|| {
        let mut state = STATE.lock().unwrap();
        let state = state.get_or_insert_default();
        let sources: Vec<usize> = from.iter().filter_map(|source| state.note("source", source)).collect();
        if let Some(at) = state.note(name, bytes)
            && !sources.is_empty()
        {
            state.secrets[at].made_from.push(sources);
        }
    });
}

/// A secret that was found.
pub struct Found {
    /// Its number: those noted later have higher ones.
    pub number: usize,
    /// What it is.
    pub names: String,
}

/// What a search found.
pub struct Watch {
    pub live: Vec<Found>,
    /// In blocks that were freed.
    pub freed: Vec<Found>,
    derivable: Vec<bool>,
}

impl Watch {
    /// Begins anew: what is noted and allocated so far is left alone. Gives the number of the next secret.
    pub fn begin() -> usize {
        forget();
        Self::count()
    }

    /// How many secrets were noted so far.
    pub fn count() -> usize {
        apart(|| STATE.lock().unwrap().get_or_insert_default().secrets.len())
    }

    /// Searches the arena for every secret noted so far.
    pub fn search() -> Self {
        apart(|| {
            let mut guard = STATE.lock().unwrap();
            let state = guard.get_or_insert_default();
            let (live, freed) = search(state);
            let mut derivable = vec![false; state.secrets.len()];
            for at in &live {
                derivable[*at] = true;
            }
            // What live secrets give, until nothing more comes of it.
            loop {
                let mut more = false;
                for (at, secret) in state.secrets.iter().enumerate() {
                    if !derivable[at]
                        && secret.made_from.iter().any(|from| from.iter().all(|source| derivable[*source]))
                    {
                        derivable[at] = true;
                        more = true;
                    }
                }
                if !more {
                    break;
                }
            }
            Self { live: state.found(live), freed: state.found(freed), derivable }
        })
    }

    /// The secrets noted so far that stand in `bytes`.
    pub fn within(bytes: &[u8]) -> Vec<Found> {
        apart(|| {
            let mut guard = STATE.lock().unwrap();
            let state = guard.get_or_insert_default();
            let mut found = BTreeSet::new();
            Index::new(state).search(bytes, &mut found);
            state.found(found)
        })
    }

    /// The secrets from `since` on that carry `name`.
    pub fn named(since: usize, name: &str) -> Vec<usize> {
        apart(|| {
            let mut guard = STATE.lock().unwrap();
            let state = guard.get_or_insert_default();
            (since..state.secrets.len()).filter(|at| state.secrets[*at].names.contains(name)).collect()
        })
    }

    /// Whether a secret was made from one that carries `name`.
    pub fn is_made_from(number: usize, name: &str) -> bool {
        apart(|| {
            let mut guard = STATE.lock().unwrap();
            let state = guard.get_or_insert_default();
            state.secrets[number].made_from.iter().flatten().any(|source| state.secrets[*source].names.contains(name))
        })
    }

    /// Whether a secret is live, or can be derived from live ones.
    pub fn is_derivable(&self, number: usize) -> bool {
        self.derivable[number]
    }

    /// The live secrets that carry `name`.
    pub fn live_named(&self, name: &str) -> Vec<usize> {
        let carries = |found: &&Found| found.names.split(", ").any(|one| one == name);
        self.live.iter().filter(carries).map(|found| found.number).collect()
    }
}

/// The secrets in live blocks and in freed ones.
fn search(state: &State) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let index = Index::new(state);
    let (mut live, mut freed) = (BTreeSet::new(), BTreeSet::new());
    for block in blocks() {
        index.search(block.bytes, if block.freed { &mut freed } else { &mut live });
    }
    (live, freed)
}

/// The secrets by their first bytes.
struct Index<'s> {
    state: &'s State,
    by_head: HashMap<[u8; 8], Vec<usize>>,
    /// By the first two alone.
    filter: Vec<bool>,
}

impl<'s> Index<'s> {
    fn new(state: &'s State) -> Self {
        let mut by_head: HashMap<[u8; 8], Vec<usize>> = HashMap::new();
        let mut filter = vec![false; 1 << 16];
        for (at, secret) in state.secrets.iter().enumerate() {
            let head: [u8; 8] = secret.masked[..8].try_into().unwrap();
            filter[usize::from(u16::from_be_bytes([head[0], head[1]]))] = true;
            by_head.entry(head).or_default().push(at);
        }
        Self { state, by_head, filter }
    }

    /// Adds what stands in `bytes` to `found`.
    fn search(&self, bytes: &[u8], found: &mut BTreeSet<usize>) {
        for (offset, window) in bytes.windows(8).enumerate() {
            if !self.filter[usize::from(u16::from_be_bytes([window[0] ^ MASK, window[1] ^ MASK]))] {
                continue;
            }
            let head: [u8; 8] = core::array::from_fn(|i| window[i] ^ MASK);
            for at in self.by_head.get(&head).into_iter().flatten() {
                let masked = &self.state.secrets[*at].masked;
                let here = bytes.get(offset..offset + masked.len());
                if here.is_some_and(|here| here.iter().zip(masked).all(|(byte, masked)| byte ^ MASK == *masked)) {
                    found.insert(*at);
                }
            }
        }
    }
}
