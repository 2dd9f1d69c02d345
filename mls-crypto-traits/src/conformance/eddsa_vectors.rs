//! EdDSA vectors, in hexadecimal.

/// A key and what it signs (RFC 8032 sections 7.1 and 7.4).
#[derive(Debug)]
pub(super) struct SignVector {
    pub(super) name: &'static str,
    pub(super) seed: &'static str,
    pub(super) public: &'static str,
    pub(super) message: &'static str,
    pub(super) signature: &'static str,
}

/// A signature and the verdict that [`checks`](crate::checks) demands.
#[derive(Debug)]
pub(super) struct VerifyVector {
    pub(super) name: &'static str,
    pub(super) public: &'static str,
    pub(super) message: &'static str,
    pub(super) signature: &'static str,
    pub(super) accepted: bool,
}

pub(super) static ED25519_SIGN: [SignVector; 3] = [
    SignVector {
        name: "RFC 8032 7.1 test 1",
        seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        public: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        message: "",
        signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88215\
            90a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    },
    SignVector {
        name: "RFC 8032 7.1 test 2",
        seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        public: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        message: "72",
        signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e4\
            3e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    },
    SignVector {
        name: "RFC 8032 7.1 test 3",
        seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        public: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        message: "af82",
        signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b53\
            8d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    },
];

pub(super) static ED448_SIGN: [SignVector; 2] = [
    SignVector {
        name: "RFC 8032 7.4 blank",
        seed: "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3f\
            cc2f044e39a3fc5b94492f8f032e7549a20098f95b",
        public: "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf12476\
            9b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
        message: "",
        signature: "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f03\
            4f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d\
            345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d958\
            08ff2e652600",
    },
    SignVector {
        name: "RFC 8032 7.4 1 octet",
        seed: "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5\
            e8d2877c5e3bc397a659949ef8021e954e0a12274e",
        public: "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb\
            00742802b8438ea4cb82169c235160627b4c3a9480",
        message: "03",
        signature: "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143\
            c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36\
            bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d23444\
            1cf807c03a00",
    },
];

/// The twelve cases of Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs" (2020). Small orders
/// and non-canonical encodings are refused, and so is what holds with the cofactor only: case 3 is left.
pub(super) static TAMING: [VerifyVector; 12] = [
    VerifyVector {
        name: "Taming the many EdDSAs, case 0",
        public: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        message: "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a00000000\
            00000000000000000000000000000000000000000000000000000000",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 1",
        public: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        signature: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb7047\
            86be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 2",
        public: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        message: "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45a\
            ecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 3",
        public: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        signature: "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14\
            428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
        accepted: true,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 4",
        public: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        signature: "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc98\
            2a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 5",
        public: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        signature: "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836\
            dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 6",
        public: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        signature: "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690\
            a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 7",
        public: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        signature: "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a\
            473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 8",
        public: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        signature: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678\
            ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 9",
        public: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        signature: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64\
            cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 10",
        public: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        message: "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
        signature: "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb7047\
            86be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        accepted: false,
    },
    VerifyVector {
        name: "Taming the many EdDSAs, case 11",
        public: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        message: "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
        signature: "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb7047\
            86be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        accepted: false,
    },
];

/// Keys and `R` with components of small order on edwards448, and `S` out of range: cases of our own.
pub(super) static ED448: [VerifyVector; 12] = [
    VerifyVector {
        name: "Ed448, mixed-order key, no remainder",
        public: "3eeb7b208800604f8570befb18e1b8615863ad95dc27dadd90f6eeb4cd6789b793b824fe\
            78287aacd8ca4573516f885e68056bc51be2acfc80",
        message: "6d697865642d6f72646572206b65792c206571756174696f6e20686f6c64732031",
        signature: "d74f2c5c42f625f736f169816f9a90621b0a421821655dc69a25d9884f7456b9e79d84c2\
            f1432df14e8a31b768ecb86b0732d4ba6fcee4b2002c220765654d115ff24011a1e7d2c6\
            09004d0a82793f60fa79d27ae611497d6217d39518f47265770a73ab764490c157086936\
            d7828d830300",
        accepted: true,
    },
    VerifyVector {
        name: "Ed448, mixed-order key, remainder of order 4",
        public: "3eeb7b208800604f8570befb18e1b8615863ad95dc27dadd90f6eeb4cd6789b793b824fe\
            78287aacd8ca4573516f885e68056bc51be2acfc80",
        message: "6d697865642d6f72646572206b65792c20686f6c6473207769746820636f666163746f72\
            206f6e6c792034",
        signature: "71d7cdd5c7e20c04df55c5ddaa7ff47d0ed2248e8b5b900bc11cd8b18cfaf250292b5f03\
            3506e5868cd702d5ec8990b2e0ccf9b699c1c6fc803ef6d69119620b88e7be4edd3d2d28\
            24942052330b66c86bee6a6aab3ea3cc1b04fd905184aa7931c74ca58f281513862b5598\
            5351709c1c00",
        accepted: true,
    },
    VerifyVector {
        name: "Ed448, mixed-order key, remainder of order 2",
        public: "3eeb7b208800604f8570befb18e1b8615863ad95dc27dadd90f6eeb4cd6789b793b824fe\
            78287aacd8ca4573516f885e68056bc51be2acfc80",
        message: "6d697865642d6f72646572206b65792c20686f6c6473207769746820636f666163746f72\
            206f6e6c792031",
        signature: "777c41dc1c4815fc8dcef250c1a6ff62a43519c2e2dce3b1df8b9ee85db91f1a0da65d6a\
            5bef55a0479194cd529400d3ae0bdfa9de5120788078de9430e6976badd12e1db8308fc7\
            596ad5edbaa17b61671a39aca2ea3d03244838c36315bc58f2e99d704bc6349af0389f74\
            a84324a63a00",
        accepted: true,
    },
    VerifyVector {
        name: "Ed448, mixed-order R of order 2",
        public: "97f3ff1fc1d6eb344e847802a04b37d53081edc90d32d281641b5d06e283e7b3351f62b0\
            8a972dda32ba98185bb5c76337c798daa8993c1e80",
        message: "6d6978656420522030",
        signature: "e75a6c048bb92627bbf58d2634ac57471f7b610917335e4f6d7273e7fe887e6c8bd2a1ef\
            f2bf69dacf9ecd237b48ff2d3b8a11bc8d7f81e8805f11aa0a6c93e0fb7335cd169b4d16\
            529bbf70567236e8dec838cbeeebad78392f9c4ff65d7394ee4db9cd6dab073ed39649da\
            8441418f0b00",
        accepted: true,
    },
    VerifyVector {
        name: "Ed448, mixed-order R of order 4",
        public: "97f3ff1fc1d6eb344e847802a04b37d53081edc90d32d281641b5d06e283e7b3351f62b0\
            8a972dda32ba98185bb5c76337c798daa8993c1e80",
        message: "6d697865642052342030",
        signature: "7b2714778b9d6a9faddf747342c7d7ade5c27638c5c6a2e144f3d82b3ef1f99fda1dc90c\
            313f77d5e4f9a80b3240382e93ab928b7782ae5f004b43242fa4c84f9414e694f82611ba\
            7f13dbcc9a7c6f203109996a1baa995dbadc8001577d761389a02dff0cad3f9f6231ebcf\
            216fd7d81700",
        accepted: true,
    },
    VerifyVector {
        name: "Ed448, mixed-order key and R that cancel",
        public: "3eeb7b208800604f8570befb18e1b8615863ad95dc27dadd90f6eeb4cd6789b793b824fe\
            78287aacd8ca4573516f885e68056bc51be2acfc80",
        message: "626f7468206d697865642c206571756174696f6e20686f6c64732031",
        signature: "6453aca8575394b71ad28981898cf3306bcdd902c9031c49ec002bff59ebd188abb71c57\
            3aa00937eac98cbd41878c8532422852dcf3ea220005fed057c62500bd1f27a0d133a2e8\
            0942c16add7a15f946792c9a6d98bfc2b74fadbb54f74565f6f3e8b08e88d995c70c1593\
            c6c528062c00",
        accepted: true,
    },
    VerifyVector {
        name: "Ed448, small-order key and R, S = 0",
        public: "000000000000000000000000000000000000000000000000000000000000000000000000\
            000000000000000000000000000000000000000080",
        message: "",
        signature: "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffff\
            ffffffffffffffffffffffffffffffffffffffff00000000000000000000000000000000\
            000000000000000000000000000000000000000000000000000000000000000000000000\
            000000000000",
        accepted: false,
    },
    VerifyVector {
        name: "Ed448, plain",
        public: "97f3ff1fc1d6eb344e847802a04b37d53081edc90d32d281641b5d06e283e7b3351f62b0\
            8a972dda32ba98185bb5c76337c798daa8993c1e80",
        message: "706c61696e2030",
        signature: "18102ca9155286d4669b7efa6e705ead11ad2d254e67588665be099f21870cdbea6f085e\
            194562f8097245070508afd7ceb031e1ecdc72f380b9a472cca0f6c5bea65febf5135663\
            251e9064a2ad0859d5099eddc5c6ade0ebfc75a00ca05e29b1a22f8ca5faa56df491ebc8\
            b88d04713100",
        accepted: true,
    },
    VerifyVector {
        name: "Ed448, S + L",
        public: "97f3ff1fc1d6eb344e847802a04b37d53081edc90d32d281641b5d06e283e7b3351f62b0\
            8a972dda32ba98185bb5c76337c798daa8993c1e80",
        message: "706c61696e2030",
        signature: "18102ca9155286d4669b7efa6e705ead11ad2d254e67588665be099f21870cdbea6f085e\
            194562f8097245070508afd7ceb031e1ecdc72f380ace9ca7733b93ee2fbeeb0838618d0\
            46aec63a51f7e3a799f3c1a742c6ade0ebfc75a00ca05e29b1a22f8ca5faa56df491ebc8\
            b88d04717100",
        accepted: false,
    },
    VerifyVector {
        name: "Ed448, R the identity",
        public: "97f3ff1fc1d6eb344e847802a04b37d53081edc90d32d281641b5d06e283e7b3351f62b0\
            8a972dda32ba98185bb5c76337c798daa8993c1e80",
        message: "736d616c6c2d6f726465722052",
        signature: "010000000000000000000000000000000000000000000000000000000000000000000000\
            00000000000000000000000000000000000000000055a054deaca3413feebd1c1046f4cc\
            c759fc3eb07a5fe338092b91cddc05a2d818229acf0d5e639ad1d188fa97d9565f3285d0\
            f73dcde73a00",
        accepted: false,
    },
    VerifyVector {
        name: "Ed448, R of order 2",
        public: "97f3ff1fc1d6eb344e847802a04b37d53081edc90d32d281641b5d06e283e7b3351f62b0\
            8a972dda32ba98185bb5c76337c798daa8993c1e80",
        message: "736d616c6c2d6f726465722052",
        signature: "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffff\
            ffffffffffffffffffffffffffffffffffffffff003a7b4868fa7f877e6834b2939c8120\
            f83606ca2ff618f3a18708fbca3ae6efded048f03e59028bd2b7d724c9106d416e085dbc\
            c75414631e00",
        accepted: false,
    },
    VerifyVector {
        name: "Ed448, R of order 4",
        public: "97f3ff1fc1d6eb344e847802a04b37d53081edc90d32d281641b5d06e283e7b3351f62b0\
            8a972dda32ba98185bb5c76337c798daa8993c1e80",
        message: "736d616c6c2d6f726465722052",
        signature: "000000000000000000000000000000000000000000000000000000000000000000000000\
            000000000000000000000000000000000000000080900f6d7ff77869a5d7864fcc55d95b\
            d0f75c3d17c9d75f0a3213a2ea707531eb220426d37554c3fa5902f7239f4be5b66d37d9\
            2d619a832600",
        accepted: false,
    },
];
