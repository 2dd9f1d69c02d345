//! Key packages of last resort.

use alloc::vec::Vec;

use mls_codec::{Decode, Encode, EncodeError};

use crate::extension::{Extension, ExtensionType, Extensions};
use crate::key_package::KeyPackage;

/// `last_resort`: an extension of a key package, empty, as it has been in use for long.
const LAST_RESORT: ExtensionType = ExtensionType(0x000a);
/// `app_data_dictionary` of draft-ietf-mls-extensions: a list of [`Component`]s.
const APP_DATA_DICTIONARY: ExtensionType = ExtensionType(0x0006);
/// `last_resort_key_package`: a component of that dictionary, empty.
const LAST_RESORT_COMPONENT: u16 = 0x0004;

/// How a key package says that it is one of last resort. RFC 9420 has no mark for it; two are in use, and both are
/// recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LastResort {
    /// By the extension 0x000A.
    Extension,
    /// By the component 0x0004 in the extension `app_data_dictionary`, 0x0006, of draft-ietf-mls-extensions.
    Component,
}

/// An entry of an `app_data_dictionary`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Component {
    component_id: u16,
    data: Vec<u8>,
}

impl KeyPackage {
    /// Whether the key package may be used more than once, when its owner has no other left (RFC 9420 sections 10 and
    /// 16.8). Joining keeps its private part.
    #[must_use]
    pub fn is_last_resort(&self) -> bool {
        self.extensions.contains(LAST_RESORT)
            || components(&self.extensions).iter().any(|component| component.component_id == LAST_RESORT_COMPONENT)
    }
}

impl LastResort {
    /// The type of the extension that carries the mark: the leaf has to list it (RFC 9420 section 10).
    #[must_use]
    pub const fn extension_type(self) -> ExtensionType {
        match self {
            Self::Extension => LAST_RESORT,
            Self::Component => APP_DATA_DICTIONARY,
        }
    }

    /// Puts the mark among the extensions of a key package.
    pub(crate) fn mark(self, extensions: &mut Extensions) -> Result<(), EncodeError> {
        let extension_data = match self {
            Self::Extension => Vec::new(),
            Self::Component => {
                let mut components = components(extensions);
                components.retain(|component| component.component_id != LAST_RESORT_COMPONENT);
                components.push(Component { component_id: LAST_RESORT_COMPONENT, data: Vec::new() });
                components.sort_by_key(|component| component.component_id);
                components.to_bytes()?
            }
        };
        let extension = Extension { extension_type: self.extension_type(), extension_data };
        match extensions.0.iter_mut().find(|old| old.extension_type == extension.extension_type) {
            Some(old) => *old = extension,
            None => extensions.0.push(extension),
        }
        Ok(())
    }
}

/// The entries of the dictionary among `extensions`; none where it does not decode.
fn components(extensions: &Extensions) -> Vec<Component> {
    extensions.get(APP_DATA_DICTIONARY).and_then(|data| Vec::from_bytes(data).ok()).unwrap_or_default()
}
