//! [`open_enum!`](crate::open_enum): registries that others extend.

/// Defines a newtype over an integer for a registry which others may extend: it has a constant for
/// each registered value and keeps all others as they are.
///
/// The type is `Copy`, ordered by its number and hashable, encodes as its integer (`u8`, `u16`,
/// `u32` or `u64`), converts from and to it, and shows in `Debug` as the constant's name or,
/// where there is none, as type and number.
///
/// ```
/// use mls_codec::{Decode, Encode, open_enum};
///
/// open_enum! {
///     /// What a credential is (RFC 9420 5.3).
///     pub struct CredentialType: u16 {
///         /// A bare identity.
///         BASIC = 1,
///         /// A certificate chain.
///         X509 = 2,
///     }
/// }
///
/// assert_eq!(CredentialType::BASIC.to_bytes()?, [0, 1]);
/// let grease = CredentialType::from_bytes(&[0x0a, 0x0a])?;
/// assert_eq!(grease, CredentialType(0x0a0a));
/// assert_eq!(grease.name(), None);
/// assert_eq!(format!("{:?} {grease:?}", CredentialType::X509), "X509 CredentialType(0x0a0a)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident: $repr:ident {
            $($(#[$constant_meta:meta])* $constant:ident = $value:expr),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(
            /// The number on the wire.
            $vis $repr,
        );

        impl $name {
            $($(#[$constant_meta])* $vis const $constant: Self = Self($value);)*

            /// Every value that has a name, in the order of their definition.
            #[must_use]
            $vis const fn named() -> &'static [Self] {
                &[$(Self::$constant),*]
            }

            /// The name of the constant that has this value, if one has.
            #[must_use]
            $vis const fn name(self) -> ::core::option::Option<&'static str> {
                match self {
                    $(Self::$constant => ::core::option::Option::Some(
                        ::core::stringify!($constant),
                    ),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self.name() {
                    ::core::option::Option::Some(name) => f.write_str(name),
                    // Two digits a byte, behind `0x`.
                    ::core::option::Option::None => ::core::write!(
                        f,
                        ::core::concat!(::core::stringify!($name), "({:#0width$x})"),
                        self.0,
                        width = ::core::mem::size_of::<$repr>().saturating_mul(2).saturating_add(2),
                    ),
                }
            }
        }

        impl ::core::convert::From<$repr> for $name {
            fn from(value: $repr) -> Self {
                Self(value)
            }
        }

        impl ::core::convert::From<$name> for $repr {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl $crate::Encode for $name {
            fn encoded_len(&self) -> usize {
                $crate::Encode::encoded_len(&self.0)
            }

            fn encode(
                &self,
                out: &mut $crate::__private::Vec<u8>,
            ) -> ::core::result::Result<(), $crate::EncodeError> {
                $crate::Encode::encode(&self.0, out)
            }

            fn slice_len(items: &[Self]) -> usize {
                items.len().saturating_mul(::core::mem::size_of::<$repr>())
            }
        }

        impl $crate::Decode for $name {
            fn decode(
                r: &mut $crate::Reader<'_>,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                ::core::result::Result::map(<$repr as $crate::Decode>::decode(r), Self)
            }

            fn decode_vec(
                r: &mut $crate::Reader<'_>,
            ) -> ::core::result::Result<$crate::__private::Vec<Self>, $crate::DecodeError> {
                let numbers = <$repr as $crate::Decode>::decode_vec(r)?;
                ::core::result::Result::Ok(numbers.into_iter().map(Self).collect())
            }
        }
    };
}

#[cfg(test)]
mod tests;
