//! ECDH and keys on the NIST curves (SP 800-56A; RFC 9180 section 7.1).

use alloc::vec::Vec;
use core::{fmt, marker::PhantomData, ops::Add};

use ecdsa::{DigestAlgorithm, EcdsaCurve, der::MaxOverhead};
use elliptic_curve::{
    Curve, CurveArithmetic, FieldBytes, PublicKey, SecretKey,
    array::ArraySize,
    ops::Invert,
    point::PointCompression,
    sec1::{FromSec1Point, ModulusSize, ToSec1Point},
    subtle::CtOption,
};
use mls_crypto_traits::{CryptoError, Dh, DhCurve, SecretBytes};

use crate::stack::{self, wiped};

/// What ECDH and ECDSA ask of a curve, gathered once.
pub(crate) trait NistCurve:
    EcdsaCurve
    + DigestAlgorithm
    + PointCompression
    + Curve<FieldBytesSize: ModulusSize + Add<Output: Add<MaxOverhead, Output: ArraySize> + ArraySize>>
    + CurveArithmetic<
        AffinePoint: FromSec1Point<Self> + ToSec1Point<Self>,
        Scalar: Invert<Output = CtOption<<Self as CurveArithmetic>::Scalar>>,
    >
{
    const DH: DhCurve;
}

impl NistCurve for p256::NistP256 {
    const DH: DhCurve = DhCurve::P256;
}

impl NistCurve for p384::NistP384 {
    const DH: DhCurve = DhCurve::P384;
}

impl NistCurve for p521::NistP521 {
    const DH: DhCurve = DhCurve::P521;
}

const UNCOMPRESSED: u8 = 4;

/// Parses a point that stands uncompressed on the wire; every other form is refused.
pub(crate) fn public_key<C: NistCurve>(bytes: &[u8]) -> Result<PublicKey<C>, CryptoError> {
    if bytes.first() != Some(&UNCOMPRESSED) {
        return Err(CryptoError::InvalidPublicKey);
    }
    PublicKey::from_sec1_bytes(bytes).map_err(|_| CryptoError::InvalidPublicKey)
}

/// Parses a big-endian scalar of the curve's full length, in 1 to n-1.
pub(crate) fn secret_key<C: NistCurve>(bytes: &[u8]) -> Result<SecretKey<C>, CryptoError> {
    <&FieldBytes<C>>::try_from(bytes)
        .ok()
        .and_then(|bytes| SecretKey::from_bytes(bytes).ok())
        .ok_or(CryptoError::InvalidPrivateKey)
}

/// The uncompressed form of a point.
pub(crate) fn encode<C: NistCurve>(point: &PublicKey<C>) -> Vec<u8> {
    point.to_sec1_point(false).as_bytes().to_vec()
}

/// Diffie-Hellman on one of the curves.
pub(crate) struct NistDh<C>(PhantomData<fn() -> C>);

impl<C: NistCurve> NistDh<C> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<C: NistCurve> Clone for NistDh<C> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<C: NistCurve> fmt::Debug for NistDh<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.debug_tuple("NistDh").field(&C::DH).finish()
    }
}

impl<C: NistCurve> Dh for NistDh<C> {
    type PrivateKey = SecretKey<C>;
    type PublicKey = PublicKey<C>;

    fn curve(&self) -> DhCurve {
        C::DH
    }

    fn load_private(&self, private: &[u8]) -> Result<SecretKey<C>, CryptoError> {
        wiped::<{ stack::CURVE }, _>(|| secret_key(private))
    }

    fn load_public(&self, public: &[u8]) -> Result<PublicKey<C>, CryptoError> {
        public_key(public)
    }

    fn public_key(&self, private: &SecretKey<C>) -> Result<Vec<u8>, CryptoError> {
        Ok(wiped::<{ stack::CURVE }, _>(|| encode(&private.public_key())))
    }

    fn agree(&self, private: &SecretKey<C>, public: &PublicKey<C>) -> Result<SecretBytes, CryptoError> {
        Ok(wiped::<{ stack::CURVE }, _>(|| SecretBytes::from_slice(private.diffie_hellman(public).raw_secret_bytes())))
    }
}
