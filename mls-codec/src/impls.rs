//! The types of the presentation language and the Rust types that stand for them.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::decode::Decode;
use crate::encode::Encode;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::reader::Reader;
use crate::varint::{encode_header, header_len};

impl Encode for u8 {
    fn encoded_len(&self) -> usize {
        1
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(*self);
        Ok(())
    }

    fn slice_len(items: &[Self]) -> usize {
        items.len()
    }

    fn encode_slice(items: &[Self], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(items);
        Ok(())
    }
}

impl Decode for u8 {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let [byte] = r.array()?;
        Ok(byte)
    }

    fn decode_vec(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        Ok(r.rest().to_vec())
    }
}

macro_rules! integer {
    ($($int:ident: $len:literal),*) => {$(
        impl Encode for $int {
            fn encoded_len(&self) -> usize {
                $len
            }

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.extend_from_slice(&self.to_be_bytes());
                Ok(())
            }

            fn slice_len(items: &[Self]) -> usize {
                items.len().saturating_mul($len)
            }
        }

        impl Decode for $int {
            fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self::from_be_bytes(r.array()?))
            }

            fn decode_vec(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
                // As many bytes as are there, not as are announced.
                let mut items = Vec::with_capacity(r.remaining() / $len);
                while !r.is_empty() {
                    items.push(Self::decode(r)?);
                }
                Ok(items)
            }
        }
    )*};
}

integer!(u16: 2, u32: 4, u64: 8);

/// `opaque x[N]`: the bytes, without a header.
impl<const N: usize> Encode for [u8; N] {
    fn encoded_len(&self) -> usize {
        N
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(self);
        Ok(())
    }

    fn slice_len(items: &[Self]) -> usize {
        items.len().saturating_mul(N)
    }
}

impl<const N: usize> Decode for [u8; N] {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.array()
    }
}

/// `T x<V>`; for `u8` that is `opaque x<V>` (RFC 9420 2.1.2).
impl<T: Encode> Encode for [T] {
    fn encoded_len(&self) -> usize {
        let body = T::slice_len(self);
        header_len(body).saturating_add(body)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let body = T::slice_len(self);
        encode_header(body, out)?;
        let end = out.len().checked_add(body).ok_or(EncodeError::VectorTooLong)?;
        T::encode_slice(self, out)?;
        if out.len() == end { Ok(()) } else { Err(EncodeError::LengthMismatch) }
    }
}

/// `T x<V>`; for `u8` that is `opaque x<V>` (RFC 9420 2.1.2).
impl<T: Encode> Encode for Vec<T> {
    fn encoded_len(&self) -> usize {
        self.as_slice().encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_slice().encode(out)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut body = r.vector()?;
        let items = T::decode_vec(&mut body)?;
        body.finish()?;
        Ok(items)
    }
}

/// `optional<T>`: a presence octet, then the value if there is one (RFC 9420 2.1.1).
impl<T: Encode> Encode for Option<T> {
    fn encoded_len(&self) -> usize {
        self.as_ref().map_or(0, Encode::encoded_len).saturating_add(1)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // req: R-2.1.1-01
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.encode(out)?;
            }
        }
        Ok(())
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = r.offset();
        match u8::decode(r)? {
            0 => Ok(None),
            1 => Ok(Some(T::decode(r)?)),
            // req: R-2.1.1-02
            _ => Err(DecodeError::new(DecodeErrorKind::InvalidPresence, at)),
        }
    }
}

macro_rules! pointer {
    ($($pointer:ty),*) => {$(
        impl<T: Encode + ?Sized> Encode for $pointer {
            fn encoded_len(&self) -> usize {
                (**self).encoded_len()
            }

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                (**self).encode(out)
            }
        }
    )*};
}

pointer!(&T, Box<T>, Arc<T>);

macro_rules! owned {
    ($($owned:ident),*) => {$(
        impl<T: Decode> Decode for $owned<T> {
            fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self::new(T::decode(r)?))
            }
        }

        /// `opaque x<V>` (RFC 9420 2.1.2).
        impl Decode for $owned<[u8]> {
            fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self::from(r.opaque()?))
            }
        }
    )*};
}

owned!(Box, Arc);

macro_rules! tuple {
    ($($($name:ident.$index:tt),*;)*) => {$(
        /// The elements one after another, like the fields of a struct.
        impl<$($name: Encode),*> Encode for ($($name,)*) {
            fn encoded_len(&self) -> usize {
                0usize$(.saturating_add(self.$index.encoded_len()))*
            }

            fn encode(&self, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
                $(self.$index.encode(_out)?;)*
                Ok(())
            }
        }

        impl<$($name: Decode),*> Decode for ($($name,)*) {
            fn decode(_r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(($($name::decode(_r)?,)*))
            }
        }
    )*};
}

tuple! {
    ;
    A.0;
    A.0, B.1;
    A.0, B.1, C.2;
    A.0, B.1, C.2, D.3;
}

#[cfg(test)]
mod tests;
