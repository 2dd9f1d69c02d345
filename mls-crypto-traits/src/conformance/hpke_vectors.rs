//! HPKE vectors, in hexadecimal: RFC 9180 Appendix A for the suites that stand there, and cases of the
//! same shape for X448 and P-384, made with an independent implementation that reproduces the RFC's.

/// One case; `info`, plaintext, PSK and exporter context are the RFC's and the same in all.
#[derive(Debug)]
pub(super) struct HpkeVector {
    pub(super) name: &'static str,
    /// KEM, KDF and AEAD.
    pub(super) ids: [u16; 3],
    /// PSK mode, or else base mode.
    pub(super) psk: bool,
    pub(super) ikm_e: &'static str,
    pub(super) ikm_r: &'static str,
    pub(super) public_r: &'static str,
    pub(super) kem_output: &'static str,
    pub(super) shared_secret: &'static str,
    /// Ciphertexts of sequence numbers 0, 1 and 256, with `Count-<number>` as additional data.
    pub(super) first: &'static str,
    pub(super) second: &'static str,
    pub(super) last: &'static str,
    /// 32 bytes.
    pub(super) exported: &'static str,
}

pub(super) static VECTORS: [HpkeVector; 14] = [
    HpkeVector {
        name: "RFC 9180 A.1.1",
        ids: [0x0020, 1, 1],
        psk: false,
        ikm_e: "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
        ikm_r: "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
        public_r: "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        kem_output: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        shared_secret: "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
        first: "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac\
            83d07bea87e13c512a",
        second: "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c2\
            2a56b8ca42c2063b84",
        last: "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d\
            2e0e1aba483a2df9f2",
        exported: "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931",
    },
    HpkeVector {
        name: "RFC 9180 A.1.2",
        ids: [0x0020, 1, 1],
        psk: true,
        ikm_e: "78628c354e46f3e169bd231be7b2ff1c77aa302460a26dbfa15515684c00130b",
        ikm_r: "d4a09d09f575fef425905d2ab396c1449141463f698f8efdb7accfaff8995098",
        public_r: "9fed7e8c17387560e92cc6462a68049657246a09bfa8ade7aefe589672016366",
        kem_output: "0ad0950d9fb9588e59690b74f1237ecdf1d775cd60be2eca57af5a4b0471c91b",
        shared_secret: "727699f009ffe3c076315019c69648366b69171439bd7dd0807743bde76986cd",
        first: "e52c6fed7f758d0cf7145689f21bc1be6ec9ea097fef4e959440012f4feb73fb611b9461\
            99e681f4cfc34db8ea",
        second: "49f3b19b28a9ea9f43e8c71204c00d4a490ee7f61387b6719db765e948123b45b61633ef\
            059ba22cd62437c8ba",
        last: "c5bf246d4a790a12dcc9eed5eae525081e6fb541d5849e9ce8abd92a3bc1551776bea16b\
            4a518f23e237c14b59",
        exported: "8aff52b45a1be3a734bc7a41e20b4e055ad4c4d22104b0c20285a7c4302401cd",
    },
    HpkeVector {
        name: "RFC 9180 A.2.1",
        ids: [0x0020, 1, 3],
        psk: false,
        ikm_e: "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
        ikm_r: "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df",
        public_r: "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
        kem_output: "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        shared_secret: "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
        first: "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62\
            ce81883d2dd1b51a28",
        second: "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337\
            cc95ba5f59992dc98c",
        last: "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40\
            d4c728d6ed9e727a5b",
        exported: "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53",
    },
    HpkeVector {
        name: "RFC 9180 A.2.2",
        ids: [0x0020, 1, 3],
        psk: true,
        ikm_e: "35706a0b09fb26fb45c39c2f5079c709c7cf98e43afa973f14d88ece7e29c2e3",
        ikm_r: "26b923eade72941c8a85b09986cdfa3f1296852261adedc52d58d2930269812b",
        public_r: "13640af826b722fc04feaa4de2f28fbd5ecc03623b317834e7ff4120dbe73062",
        kem_output: "2261299c3f40a9afc133b969a97f05e95be2c514e54f3de26cbe5644ac735b04",
        shared_secret: "4be079c5e77779d0215b3f689595d59e3e9b0455d55662d1f3666ec606e50ea7",
        first: "4a177f9c0d6f15cfdf533fb65bf84aecdc6ab16b8b85b4cf65a370e07fc1d78d28fb0732\
            14525276f4a89608ff",
        second: "5c3cabae2f0b3e124d8d864c116fd8f20f3f56fda988c3573b40b09997fd6c769e77c8ed\
            a6cda4f947f5b704a8",
        last: "c567ae1c3f0f75abe1dd9e4532b422600ed4a6e5b9484dafb1e43ab9f5fd662b28c00e2e\
            81d3cde955dae7e218",
        exported: "ad40e3ae14f21c99bfdebc20ae14ab86f4ca2dc9a4799d200f43a25f99fa78ae",
    },
    HpkeVector {
        name: "RFC 9180 A.3.1",
        ids: [0x0010, 1, 1],
        psk: false,
        ikm_e: "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e",
        ikm_r: "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
        public_r: "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b\
            4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
        kem_output: "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7\
            b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
        shared_secret: "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8",
        first: "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac23\
            2e3ab2523f39513434",
        second: "fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4ecb06646e0329\
            cbdf3c3cd655b28e82",
        last: "10f179686aa2caec1758c8e554513f16472bd0a11e2a907dde0b212cbe87d74f367f8ffe\
            5e41cd3e9962a6afb2",
        exported: "d8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1dab85a",
    },
    HpkeVector {
        name: "RFC 9180 A.3.2",
        ids: [0x0010, 1, 1],
        psk: true,
        ikm_e: "2afa611d8b1a7b321c761b483b6a053579afa4f767450d3ad0f84a39fda587a6",
        ikm_r: "d42ef874c1913d9568c9405407c805baddaffd0898a00f1e84e154fa787b2429",
        public_r: "040d97419ae99f13007a93996648b2674e5260a8ebd2b822e84899cd52d87446ea394ca7\
            6223b76639eccdf00e1967db10ade37db4e7db476261fcc8df97c5ffd1",
        kem_output: "04305d35563527bce037773d79a13deabed0e8e7cde61eecee403496959e89e4d0ca7017\
            26696d1485137ccb5341b3c1c7aaee90a4a02449725e744b1193b53b5f",
        shared_secret: "2e783ad86a1beae03b5749e0f3f5e9bb19cb7eb382f2fb2dd64c99f15ae0661b",
        first: "90c4deb5b75318530194e4bb62f890b019b1397bbf9d0d6eb918890e1fb2be1ac2603193\
            b60a49c2126b75d0eb",
        second: "9e223384a3620f4a75b5a52f546b7262d8826dea18db5a365feb8b997180b22d72dc1287\
            f7089a1073a7102c27",
        last: "faf985208858b1253b97b60aecd28bc18737b58d1242370e7703ec33b73a4c31a1afee30\
            0e349adef9015bbbfd",
        exported: "164e02144d44b607a7722e58b0f4156e67c0c2874d74cf71da6ca48a4cbdc5e0",
    },
    HpkeVector {
        name: "RFC 9180 A.6.1",
        ids: [0x0012, 3, 2],
        psk: false,
        ikm_e: "7f06ab8215105fc46aceeb2e3dc5028b44364f960426eb0d8e4026c2f8b5d7e7a986688f\
            1591abf5ab753c357a5d6f0440414b4ed4ede71317772ac98d9239f70904",
        ikm_r: "2ad954bbe39b7122529f7dde780bff626cd97f850d0784a432784e69d86eccaade43b6c1\
            0a8ffdb94bf943c6da479db137914ec835a7e715e36e45e29b587bab3bf1",
        public_r: "0401b45498c1714e2dce167d3caf162e45e0642afc7ed435df7902ccae0e84ba0f7d373f\
            646b7738bbbdca11ed91bdeae3cdcba3301f2457be452f271fa6837580e661012af49583\
            a62e48d44bed350c7118c0d8dc861c238c72a2bda17f64704f464b57338e7f40b6095948\
            0c0e58e6559b190d81663ed816e523b6b6a418f66d2451ec64",
        kem_output: "040138b385ca16bb0d5fa0c0665fbbd7e69e3ee29f63991d3e9b5fa740aab8900aaeed46\
            ed73a49055758425a0ce36507c54b29cc5b85a5cee6bae0cf1c21f2731ece2013dc3fb7c\
            8d21654bb161b463962ca19e8c654ff24c94dd2898de12051f1ed0692237fb02b2f8d1dc\
            1c73e9b366b529eb436e98a996ee522aef863dd5739d2f29b0",
        shared_secret: "776ab421302f6eff7d7cb5cb1adaea0cd50872c71c2d63c30c4f1d5e43653336fef33b10\
            3c67e7a98add2d3b66e2fda95b5b2a667aa9dac7e59cc1d46d30e818",
        first: "170f8beddfe949b75ef9c387e201baf4132fa7374593dfafa90768788b7b2b200aafcc6d\
            80ea4c795a7c5b841a",
        second: "d9ee248e220ca24ac00bbbe7e221a832e4f7fa64c4fbab3945b6f3af0c5ecd5e16815b32\
            8be4954a05fd352256",
        last: "dbbfc44ae037864e75f136e8b4b4123351d480e6619ae0e0ae437f036f2f8f1ef6776863\
            23977a1ccbb4b4f16a",
        exported: "f389beaac6fcf6c0d9376e20f97e364f0609a88f1bc76d7328e9104df8477013",
    },
    HpkeVector {
        name: "RFC 9180 A.6.2",
        ids: [0x0012, 3, 2],
        psk: true,
        ikm_e: "f3ebfa9a69a924e672114fcd9e06fa9559e937f7eccce4181a2b506df53dbe514be12f09\
            4bb28e01de19dd345b4f7ede5ad7eaa6b9c3019592ec68eaae9a14732ce0",
        ikm_r: "a2a2458705e278e574f835effecd18232f8a4c459e7550a09d44348ae5d3b1ea9d95c519\
            95e657ad6f7cae659f5e186126a471c017f8f5e41da9eba74d4e0473e179",
        public_r: "04006917e049a2be7e1482759fb067ddb94e9c4f7f5976f655088dec45246614ff924ed3\
            b385fc2986c0ecc39d14f907bf837d7306aada59dd5889086125ecd038ead400603394b5\
            d81f89ebfd556a898cc1d6a027e143d199d3db845cb91c5289fb26c5ff80832935b0e8dd\
            08d37c6185a6f77683347e472d1edb6daa6bd7652fea628fae",
        kem_output: "040085eff0835cc84351f32471d32aa453cdc1f6418eaaecf1c2824210eb1d48d0768b36\
            8110fab21407c324b8bb4bec63f042cfa4d0868d19b760eb4beba1bff793b30036d2c614\
            d55730bd2a40c718f9466faf4d5f8170d22b6df98dfe0c067d02b349ae4a142e0c03418f\
            0a1479ff78a3db07ae2c2e89e5840f712c174ba2118e90fdcb",
        shared_secret: "0d52de997fdaa4797720e8b1bebd3df3d03c4cf38cc8c1398168d36c3fc7626428c9c254\
            dd3f9274450909c64a5b3acbe45e2d850a2fd69ac0605fe5c8a057a5",
        first: "de69e9d943a5d0b70be3359a19f317bd9aca4a2ebb4332a39bcdfc97d5fe62f3a77702f4\
            822c3be531aa7843a1",
        second: "77a16162831f90de350fea9152cfc685ecfa10acb4f7994f41aed43fa5431f2382d078ec\
            88baec53943984553e",
        last: "eecc2173ce1ac14b27ee67041e90ed50b7809926e55861a579949c07f6d26137bf9cf0d0\
            97f60b5fd2fbf348ec",
        exported: "0c7cfc0976e25ae7680cf909ae2de1859cd9b679610a14bec40d69b91785b2f6",
    },
    HpkeVector {
        name: "own, suite 4, base",
        ids: [0x0021, 3, 2],
        psk: false,
        ikm_e: "9f691ea31c28270369f539f4dc9d0ab3110dec38dad359c6020993309d9acd02615a3a94\
            32d11ebdf2d2e98a49d1d5a4a0cb394cdad63d0c",
        ikm_r: "01b0ef8d80cd550feeb702ed97b7ffac1500a1a6a6042c1f26035f43d4183a504188ac63\
            c3bc8a3ffe77d594ef06441080ad08b27579d71f",
        public_r: "2525e323cd4a64b87012c1852e14bd47ee395c90a49956deb45fc637df72c4b60ef7c960\
            8d1314e29623da10cf1edd7c252655ce601f9dfc",
        kem_output: "b9f330200f78a0953d7502e53b893651d620eea3fe1e9ef7a95d7369ad22105233329e19\
            fb29edfa583197f36177c147e1d8d6ecd27a071e",
        shared_secret: "8de3ce542cb6bb5dbbda1ac89d224e96dcd39b98243fed31a1a5df177bf46ce0d70bbe32\
            95c50ee664971d1ddaa16f50ef1a590c288d8fd42cd9a11c66d3038a",
        first: "cc67427b085104519deb59809450c53e0a5f891024698f712664d297f712ed28f9c8aa8d\
            de63192d5220f8b804",
        second: "c38e71b1c005e6c54628e12ac0bd7b7bd48f27344eab4fe5433034995d65f6b331570b9f\
            b409665679dc53ac83",
        last: "aa83929c104e45003ac11588593aab2a8623685f756c61d7cb975525eb46fb86f3a1d360\
            e7cd7b7e60921eab8f",
        exported: "2ee59d205d6485ecdecb3229edc941800c9de3b4a15428aabdf4e0219aa1b4e4",
    },
    HpkeVector {
        name: "own, suite 4, psk",
        ids: [0x0021, 3, 2],
        psk: true,
        ikm_e: "2e2a0a12c6bd84f6650c45602faa30be43b54babe6830275965757983ab05caa37b19cfa\
            19cd61b41c6c043711fae5f3f6d42d32db74edd1",
        ikm_r: "d7c5790290b62aee486d42b5606482507d07d77c20820671f50b7b3355a22efa90afaf30\
            6de02359a586bce4172cd63310476a0600f325ba",
        public_r: "13af8965c87b0dcccbb02da8e481e1f27ea1cbcc55fd0503652b7e95d3972f51071576c5\
            b50200f0800fa2f1d425b4cecf28f5b652c6a2a5",
        kem_output: "4396b83f0823292a932359ca1037286011e24ce1a005cdc2a81d9339736c95a1541fb07c\
            480c81a48201c6ca6030d33c3e45315894d2e1fb",
        shared_secret: "4f5ed15ec7c06206562e144c246a643bb93f04b598ddb3a69cc83d433b51749a7e66065e\
            1fae566e75f6b40933c16332f514665a18dc63809d2476579500cd81",
        first: "9aac21b35de70359463045c0af5131170847b4785f8afd9f1f8483264c6330d00bda8017\
            dae78df359362c35dd",
        second: "61beb59ee54ea5d822ced11e9bd4b583852e1e202fbdcab2c0df877fcf02a7f06906efb6\
            ed3da71350f449c31b",
        last: "9f216bb25f7c93445396948c94de9f147cce4bdde22c79c001ccf796ca31479e802180c5\
            1e10918edb19c71af1",
        exported: "b580a9c68ca778691fd4870b43a11c2de0a92134a2eb540b829ce5a5f5c8a20a",
    },
    HpkeVector {
        name: "own, suite 6, base",
        ids: [0x0021, 3, 3],
        psk: false,
        ikm_e: "3286c326c76c254e9d1d3c37bafab6e78e9815f2dceba0156a6088661ba1b39878dbdb9f\
            45a1dea979bbf3259d4b8dad3ec995c6cd64df20",
        ikm_r: "2ec3036fe55de5b44dff10d94d9223d291201841650af9526556ce5764d395b5c6cbe362\
            a93e68a0647b2a5ac12e0d15502fb112d987408a",
        public_r: "014579232a47e257bade17f64ed2b0b8240b3bece222cff3b78b7c233e671413528601cb\
            23f7de864912d6e5ac64f4c1bf799c23e5ef3371",
        kem_output: "5194dea031078e9df3d198dfdb76afb165c34927d7dc96f9714e56da2d3ef4210f04a14a\
            6632276643d8410f86ec01dc35c7a6a2d98ffcad",
        shared_secret: "403cc5f7e63fae7effb0c7c653b40b9601f4dcd1bddce280046a4602038ba2aa41e97fdb\
            1d393c572f02122a5c565c839de882fa14890a044a0f1a4790b21cd8",
        first: "96ac7c1318f588d5237ef57498acc9046bad4d029fe64d9475cf19ca48fb1cbd33280bfc\
            26830a0222eb103b21",
        second: "c43ef850259a88c107f222e712b740a32bd5615e8a4a393f66e682e1a4d3447bceffda54\
            3c6e69bad3cfdd13c9",
        last: "4a06257215e8195f3c79acffb22febbc11b3ee46f94b9192ed35a67d23ab870aec10c302\
            c6b6a1ab0f9b54efda",
        exported: "cea03e7ad9e66f8d3aa9ca63213761b89e9067968f2ff09f6e7ba754828bf3b2",
    },
    HpkeVector {
        name: "own, suite 6, psk",
        ids: [0x0021, 3, 3],
        psk: true,
        ikm_e: "8b4211acb10c097433aa9455594e0d653d43a47f17fc502e03dcd74a0a0a4b40345010b0\
            9db6b51448d8cb7c8ec00d5f751ee75a2525d366",
        ikm_r: "277f6aece2d50855a2b71e4c9d26ba11d29df2d6f8cf8115586472df1c9df1edf72f91b1\
            7d5a130341b831babae5b2c59acba021bcdf6042",
        public_r: "1cc9f0aced65a2eb2f2bfb495eb132b3405b36fb18c5fa0624677c80540a35d04be9688d\
            67635dc492a651b028b89a70c3aff98291cdf3d5",
        kem_output: "c6d943e5fd855b1467cc19704b8d5b096b04bc9d795fef5358279e13a62031bd6b88ed90\
            8d53c528fad8f9b8b419e2434046e04f15dbdf28",
        shared_secret: "eca4d453372dbea58a0ecd7184b8652eef233c91141ec6ef1b167e19b848a35fc90ff845\
            732090bfd380f30edb5c4e16bdd928baf8376786afe798174de64713",
        first: "df21c73ae4fe0657c39592353dd295f7ecbfa12c2ae671e2d1534b61048e32584951b5d1\
            1ba34d98a577f151cd",
        second: "49a74bcde9595818635ffa7df98d0d862a7e4905e3e0d3a989d300f8dcdfd02db895cc44\
            7a5479352f2a4672e7",
        last: "a8f80ba94eccc3d6d4b7ae77ab59a25427f0d9b676bf841cac25355e269493502eb0e811\
            a0ed5ac6edf4ec4a8a",
        exported: "23934480d4b7ec582bfa45bcd4ec791d87bfb9e5491168323f657beb2ae00541",
    },
    HpkeVector {
        name: "own, suite 7, base",
        ids: [0x0011, 2, 2],
        psk: false,
        ikm_e: "3e6c0b7d8d200084c642268575a00e25948cbd898a6a96cfd1f6ce091f9429b6fdd1571b\
            e6fbba7047ec966b0b21f9c4",
        ikm_r: "cbcf229757f33ea653415d8746e67395a1f0a6f7b147da5dfcdd3ab6e71cb24de66d6c04\
            630d2dde56b2c4313afe584e",
        public_r: "040387e7fc1b8b600900b405aa8c54ae9667ea97ea5b3ab55b3da7829efb04f864a02cb9\
            f5c42779ed43484e450318b971321e52f3e791ab839de22f8453313a620d4b2170d8caf9\
            e36eaae66cb6fc8f9ecc48e60d64005d5a51f360be56f7775b",
        kem_output: "0494295f67b13f2d4d587461bcd905ee757c657c00274477ab0341fbc161ff4654fa208b\
            543805074b49881c60d93af4e7e04782483ceaca8d793255a738f66156b3c5aa053ae3c4\
            118ab5aedc8889e694b9a973f48563d049479e2e23c852879c",
        shared_secret: "fa9b5c44a50bfb4cebf26f2d1b87271da4ead9a193f025dd466054dbaa33523637ee7381\
            1b0df8138120fbba7fb46f2c",
        first: "b1887e439ac7211d3ec21c77fbdcfe1e902b57abcac6d50de0b59bde0026ab4043ee61fb\
            f8ef4a361cd57672c5",
        second: "16c704aea0e8969346acbe354291f085ba0a99d296b2f00b14233f28d2945a0bb928db1b\
            41254771530ca032c0",
        last: "ff0fe6822e6849ece48b79117a4a1efbe944b83ce95c17039d7f376197c3076f4cb62ee2\
            d568050b96f147c096",
        exported: "0b7123fd7eb1eae88ebbd066968c24b10e76534e53ba0d0dd7a55ebe22d5060d",
    },
    HpkeVector {
        name: "own, suite 7, psk",
        ids: [0x0011, 2, 2],
        psk: true,
        ikm_e: "454a616ea68802db4173e9d11d3d39423506c092cf74bfc395935f436c7d40d7e2db0449\
            ba371619ee2184eddb2f4354",
        ikm_r: "3eca312008417fe1182cd2ddbf2c7122a9c8b4f8cae81f8017afdb528de1ea385408f1ff\
            703dad7148df18c1be0c1224",
        public_r: "04bf129bc7f1c6f69adbf646337288c171cfede6850ae737ebcd2f5a71109683cda1ecab\
            c4ab2a980bfeaaacb2216ec897b686cd46436478c5b905c2d4782e8cca136d46b4b8cb16\
            f031b919eb6a6845a050c23239d1c2350d38a91a8bdadbf259",
        kem_output: "040881e890496784cfdebd0ef1557de66169e3206c672ee0dffc3398a3774eeade61e625\
            2998da58fcc39efe5f71b2c0b9b7fd33dfb85b92de352437edbec8b6cda094611f75f39e\
            c5e74215314861e636f37d218bfacece56d1b237efd33f8ebe",
        shared_secret: "699e1375b47d99a15b6f8713ba3d76159ff464614fee94f7cc0ad8f1defc5cbfdf0e986a\
            1dc75df31693465009e9a4be",
        first: "9f713f5fac9f14f8bb75414af32ef8c3e3276ebec9ecf686c581f8274d078bb986b25436\
            c827f0299045f969d9",
        second: "7a3402301b4121409aa6d1545bacc2035fb6392a0183a7778ca587b01169bcd4a636ef97\
            2410085f019b3868b9",
        last: "ae47c6a66e27ab564138f2c02c639bc209ab50f471d2b6cb58079d0d154993886488105f\
            92aabb2570ec088e0a",
        exported: "3a0087d1582a89cde7d4433cacc1b0a999ab9963392444cd3c4f4d9e888bfdd1",
    },
];
