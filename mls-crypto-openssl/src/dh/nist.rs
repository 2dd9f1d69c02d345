//! ECDH and keys on the NIST curves (SP 800-56A; RFC 9180 section 7.1).
//!
//! Through OpenSSL's curve arithmetic: a key handed to its providers is serialised and parsed again, which
//! costs as much as the agreement it is for.

use core::fmt;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, Dh, DhCurve, SecretBytes, checks};
use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcGroupRef, EcPoint, EcPointRef, PointConversionForm},
    error::ErrorStack,
    nid::Nid,
};

use crate::error::backend;

const UNCOMPRESSED: u8 = 4;

/// A curve by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NistCurve {
    P256,
    P384,
    P521,
}

impl NistCurve {
    fn nid(self) -> Nid {
        match self {
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
        }
    }

    fn dh(self) -> DhCurve {
        match self {
            Self::P256 => DhCurve::P256,
            Self::P384 => DhCurve::P384,
            Self::P521 => DhCurve::P521,
        }
    }
}

/// One of the curves. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Nist(Arc<Curve>);

struct Curve {
    group: EcGroup,
    name: NistCurve,
}

/// A secret scalar. Its memory is marked as secret, for which OpenSSL wipes it.
pub(crate) struct Scalar(BigNum);

impl Nist {
    pub(crate) fn new(name: NistCurve) -> Result<Self, CryptoError> {
        let group = EcGroup::from_curve_name(name.nid()).map_err(|_| CryptoError::Unsupported)?;
        Ok(Self(Arc::new(Curve { group, name })))
    }

    pub(crate) fn group(&self) -> &EcGroupRef {
        &self.0.group
    }

    /// Parses a point that stands uncompressed on the wire; every other form is refused.
    pub(crate) fn point(&self, bytes: &[u8]) -> Result<EcPoint, CryptoError> {
        if bytes.first() != Some(&UNCOMPRESSED) {
            return Err(CryptoError::InvalidPublicKey);
        }
        let mut context = BigNumContext::new().map_err(backend)?;
        // It has the length of the curve's points and lies on the curve, or this fails.
        EcPoint::from_bytes(self.group(), bytes, &mut context).map_err(|_| CryptoError::InvalidPublicKey)
    }

    /// The uncompressed form of a point.
    pub(crate) fn encode(&self, point: &EcPointRef) -> Result<Vec<u8>, CryptoError> {
        let mut context = BigNumContext::new().map_err(backend)?;
        point.to_bytes(self.group(), PointConversionForm::UNCOMPRESSED, &mut context).map_err(backend)
    }

    /// Parses a big-endian scalar of the curve's full length, in 1 to n-1: OpenSSL takes any number.
    pub(crate) fn scalar(&self, bytes: &[u8]) -> Result<Scalar, CryptoError> {
        checks::hpke_private_key(self.curve(), bytes)?;
        Scalar::new(bytes).map_err(backend)
    }

    /// The public point of a scalar.
    pub(crate) fn base_times(&self, scalar: &Scalar) -> Result<EcPoint, ErrorStack> {
        let mut context = BigNumContext::new()?;
        let mut point = EcPoint::new(self.group())?;
        point.mul_generator2(self.group(), &scalar.0, &mut context)?;
        Ok(point)
    }

    /// The uncompressed public point of a scalar. One context serves both steps: to make one costs a tenth of a
    /// microsecond.
    fn public_bytes(&self, scalar: &Scalar) -> Result<Vec<u8>, ErrorStack> {
        let group = self.group();
        let mut context = BigNumContext::new()?;
        let mut point = EcPoint::new(group)?;
        point.mul_generator2(group, &scalar.0, &mut context)?;
        point.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut context)
    }

    /// The X coordinate of a scalar times a point, `len` bytes.
    fn shared_x(&self, scalar: &Scalar, point: &EcPointRef, len: i32) -> Result<SecretBytes, ErrorStack> {
        let group = self.group();
        // The context wipes what was in it when it is dropped.
        let mut context = BigNumContext::new()?;
        let (mut x, mut y) = (BigNum::new_secure()?, BigNum::new_secure()?);
        let mut shared = EcPoint::new(group)?;
        shared.mul2(group, point, &scalar.0, &mut context)?;
        shared.affine_coordinates(group, &mut x, &mut y, &mut context)?;
        let out = SecretBytes::from(x.to_vec_padded(len)?);
        // A point is not wiped when it is dropped: another, which is public, is written over it. A sum with infinity is
        // a copy.
        if let Some(public) = group.generator_opt() {
            let infinity = EcPoint::new(group)?;
            shared.add(group, public, &infinity, &mut context)?;
        }
        Ok(out)
    }
}

impl Scalar {
    fn new(bytes: &[u8]) -> Result<Self, ErrorStack> {
        let mut number = BigNum::new_secure()?;
        number.copy_from_slice(bytes)?;
        number.set_const_time();
        Ok(Self(number))
    }

    pub(crate) fn number(&self) -> &BigNum {
        &self.0
    }
}

impl fmt::Debug for Nist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Curve { group: _, name } = &*self.0;
        f.debug_tuple("Nist").field(name).finish()
    }
}

impl Dh for Nist {
    type PrivateKey = Scalar;
    type PublicKey = EcPoint;

    fn curve(&self) -> DhCurve {
        self.0.name.dh()
    }

    fn load_private(&self, private: &[u8]) -> Result<Scalar, CryptoError> {
        self.scalar(private)
    }

    fn load_public(&self, public: &[u8]) -> Result<EcPoint, CryptoError> {
        self.point(public)
    }

    fn public_key(&self, private: &Scalar) -> Result<Vec<u8>, CryptoError> {
        self.public_bytes(private).map_err(backend)
    }

    fn agree(&self, private: &Scalar, public: &EcPoint) -> Result<SecretBytes, CryptoError> {
        let len = i32::try_from(self.curve().shared_point_len()).map_err(|_| CryptoError::Backend)?;
        self.shared_x(private, public, len).map_err(backend)
    }
}
