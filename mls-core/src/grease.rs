//! Values that mean nothing, so that nobody comes to rely on there being none (RFC 9420 section 13.5).
//!
//! They go into what we send, and nothing here is asked on receipt: there they are unknown values like any.

use alloc::vec::Vec;

use mls_crypto_traits::{CipherSuite, CryptoError, Rng};

use crate::credential::CredentialType;
use crate::extension::{Extension, ExtensionType, Extensions};
use crate::group::{KeyPackageSpec, LeafSpec};
use crate::proposal::ProposalType;

#[cfg(test)]
mod tests;

/// The most bytes that a greased extension has.
const MOST_DATA: usize = 8;

/// Puts random GREASE values into what a leaf says that it supports, and a greased extension into the leaf.
///
/// The value is one for all the lists, so that members' capabilities differ in few ways.
///
/// # Errors
/// [`CryptoError`] of the source of randomness.
pub fn grease_leaf(leaf: &mut LeafSpec, rng: &mut dyn Rng) -> Result<(), CryptoError> {
    put_into_leaf(leaf, &mut Bytes::of(rng))
}

// req: R-7.2-09, R-13.5-01
fn put_into_leaf(leaf: &mut LeafSpec, rng: &mut Bytes<'_>) -> Result<(), CryptoError> {
    let value = draw(rng)?;
    let capabilities = &mut leaf.capabilities;
    insert(&mut capabilities.cipher_suites, CipherSuite(value), rng)?;
    insert(&mut capabilities.proposals, ProposalType(value), rng)?;
    insert(&mut capabilities.credentials, CredentialType(value), rng)?;
    // req: R-13.5-04
    insert(&mut capabilities.extensions, ExtensionType(value), rng)?;
    // req: R-13.5-02
    let extension = extension(value, rng)?;
    if !leaf.extensions.contains(extension.extension_type) {
        insert(&mut leaf.extensions.0, extension, rng)?;
    }
    Ok(())
}

/// As [`grease_leaf`], with a greased extension in the key package too.
///
/// # Errors
/// [`CryptoError`] of the source of randomness.
pub fn grease_key_package(spec: &mut KeyPackageSpec, rng: &mut dyn Rng) -> Result<(), CryptoError> {
    let rng = &mut Bytes::of(rng);
    let value = draw(rng)?;
    // req: R-13.5-02, R-10-12
    let extension = extension(value, rng)?;
    insert(&mut spec.leaf.capabilities.extensions, extension.extension_type, rng)?;
    if !spec.extensions.contains(extension.extension_type) {
        insert(&mut spec.extensions.0, extension, rng)?;
    }
    put_into_leaf(&mut spec.leaf, rng)
}

/// Puts a greased extension into those of a GroupInfo (RFC 9420 section 12.4.3).
///
/// # Errors
/// [`CryptoError`] of the source of randomness.
pub fn grease_group_info(extensions: &mut Extensions, rng: &mut dyn Rng) -> Result<(), CryptoError> {
    let rng = &mut Bytes::of(rng);
    // req: R-12.4.3-03, R-13.5-02, R-13.5-03
    let extension = extension(draw(rng)?, rng)?;
    if !extensions.contains(extension.extension_type) {
        insert(&mut extensions.0, extension, rng)?;
    }
    Ok(())
}

/// One of the reserved values 0x0A0A, 0x1A1A, and so on to 0xEAEA.
fn draw(rng: &mut Bytes<'_>) -> Result<u16, CryptoError> {
    let half = u16::from(rng.next()? % 15) << 4 | 0x0a;
    Ok(half << 8 | half)
}

fn extension(value: u16, rng: &mut Bytes<'_>) -> Result<Extension, CryptoError> {
    let mut extension_data = alloc::vec![0; usize::from(rng.next()?) % (MOST_DATA + 1)];
    extension_data.iter_mut().try_for_each(|byte| rng.next().map(|drawn| *byte = drawn))?;
    Ok(Extension { extension_type: ExtensionType(value), extension_data })
}

/// Puts a value somewhere into a list that does not have it.
fn insert<T: PartialEq>(list: &mut Vec<T>, value: T, rng: &mut Bytes<'_>) -> Result<(), CryptoError> {
    if list.contains(&value) {
        return Ok(());
    }
    let place = usize::from(rng.next()?).checked_rem(list.len().saturating_add(1)).unwrap_or(0);
    list.insert(place, value);
    Ok(())
}

/// Random bytes one by one, drawn many at a time: each draw may be a system call.
struct Bytes<'a> {
    rng: &'a mut dyn Rng,
    drawn: [u8; 32],
    /// How many of them have been taken.
    taken: usize,
}

impl<'a> Bytes<'a> {
    fn of(rng: &'a mut dyn Rng) -> Self {
        let drawn = [0; 32];
        Self { rng, taken: drawn.len(), drawn }
    }

    fn next(&mut self) -> Result<u8, CryptoError> {
        if self.taken >= self.drawn.len() {
            self.rng.fill(&mut self.drawn)?;
            self.taken = 0;
        }
        let byte = self.drawn.get(self.taken).copied().unwrap_or_default();
        self.taken = self.taken.saturating_add(1);
        Ok(byte)
    }
}
