// Clients of ts-mls. A line of standard input is a call, `{"call": .., "actor": .., ..}`, and a line of standard output its
// answer, `{"ok": ..}` or `{"error": ..}`. Bytes are hexadecimal.
import { createInterface } from "node:readline"
import { p256, p384, p521 } from "@noble/curves/nist.js"
import {
  acceptAll,
  bytesToBase64,
  ciphersuites,
  createApplicationMessage,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPub,
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  decodeGroupState,
  decodeMlsMessage,
  defaultKeyPackageEqualityConfig,
  defaultAuthenticationService,
  defaultPaddingConfig,
  encodeExternalSender,
  encodeGroupState,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  joinGroupFromBranch,
  joinGroupFromReinit,
  branchGroup,
  makePskIndex,
  mlsExporter,
  processPrivateMessage,
  processPublicMessage,
  proposeAddExternal,
  proposeExternal,
  reinitCreateNewGroup,
} from "ts-mls"
// What its index does not hand out: encodings, and who sent a message.
import { encodeGroupContext } from "ts-mls/groupContext.js"
import { encodeRatchetTree, decodeRatchetTree } from "ts-mls/ratchetTree.js"
import { decodeExtension } from "ts-mls/extension.js"
import { decodeVarLenType } from "ts-mls/codec/variableLength.js"
import { unprotectPrivateMessage } from "ts-mls/messageProtection.js"

const hex = (bytes) => Buffer.from(bytes).toString("hex")
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"))
const message = (text) => decodeMlsMessage(unhex(text), 0)[0]
const tree = (text) => (text ? decodeRatchetTree(unhex(text), 0)[0] : undefined)
const list = (text) => decodeVarLenType(decodeExtension)(unhex(text), 0)[0]
const nameOf = (number) => Object.keys(ciphersuites).find((name) => ciphersuites[name] === number)
const suiteOf = (number) => getCiphersuiteImpl(getCiphersuiteFromName(nameOf(number)))

/** A signature key pair. Of the NIST curves ts-mls makes compressed public keys, which RFC 9420 does not have. */
async function newKeys(suite, cs) {
  const curve = { 2: p256, 5: p521, 7: p384 }[suite]
  if (curve === undefined) return cs.signature.keygen()
  const signKey = curve.utils.randomSecretKey()
  return { signKey, publicKey: curve.getPublicKey(signKey, false) }
}

const actors = new Map()

class Actor {
  constructor(settings) {
    this.settings = settings
    this.psks = {}
    this.keyPackages = []
    this.config = {
      keyRetentionConfig: { retainKeysForGenerations: 20, retainKeysForEpochs: 5, maximumForwardRatchetSteps: 2000 },
      lifetimeConfig: { maximumTotalLifetime: 1n << 60n, validateLifetimeOnReceive: false },
      keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
      paddingConfig: defaultPaddingConfig,
      authService: defaultAuthenticationService,
    }
  }

  async start() {
    this.cs = await suiteOf(this.settings.suite)
    this.keys = await newKeys(this.settings.suite, this.cs)
  }

  credential() {
    return { credentialType: "basic", identity: new TextEncoder().encode(this.settings.name) }
  }

  capabilities() {
    return {
      versions: ["mls10"],
      ciphersuites: [1, 2, 3, 5, 7].map(nameOf),
      extensions: [this.settings.extension],
      proposals: [],
      credentials: ["basic"],
    }
  }

  async fresh() {
    const leaf = this.settings.custom_leaf
      ? [{ extensionType: this.settings.extension, extensionData: new TextEncoder().encode(this.settings.name) }]
      : []
    const lifetime = { notBefore: BigInt(this.settings.not_before), notAfter: BigInt(this.settings.not_after) }
    const made = await generateKeyPackageWithKey(this.credential(), this.capabilities(), lifetime, [], this.keys, this.cs, leaf)
    return made
  }

  index() {
    return makePskIndex(this.state, this.psks)
  }

  async create({ id }) {
    const { publicPackage, privatePackage } = await this.fresh()
    this.state = await createGroup(unhex(id), publicPackage, privatePackage, [], this.cs, this.config)
  }

  async keyPackage() {
    const made = await this.fresh()
    this.keyPackages.push(made)
    return hex(encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage: made.publicPackage }))
  }

  proposal({ kind, value }) {
    switch (kind) {
      case "add":
        return { proposalType: "add", add: { keyPackage: message(value).keyPackage } }
      case "remove":
        return { proposalType: "remove", remove: { removed: value } }
      case "external_psk":
        return this.pskProposal({ psktype: "external", pskId: unhex(value) })
      case "resumption_psk":
        return this.pskProposal({
          psktype: "resumption",
          usage: "application",
          pskGroupId: this.state.groupContext.groupId,
          pskEpoch: BigInt(value),
        })
      case "context":
        return { proposalType: "group_context_extensions", groupContextExtensions: { extensions: list(value) } }
      case "reinit":
        return {
          proposalType: "reinit",
          reinit: { groupId: unhex(value.id), version: "mls10", cipherSuite: nameOf(value.suite), extensions: [] },
        }
      default:
        throw new Error(`not asked of ts-mls: ${kind}`)
    }
  }

  pskProposal(info) {
    const pskNonce = this.cs.rng.randomBytes(this.cs.kdf.size)
    return { proposalType: "psk", psk: { preSharedKeyId: { ...info, pskNonce } } }
  }

  async propose({ ask }) {
    const made = await createProposal(this.state, !this.settings.encrypt, this.proposal(ask), this.cs)
    this.state = made.newState
    return hex(encodeMlsMessage(made.message))
  }

  async commit({ asks }) {
    const made = await createCommit(
      { state: this.state, pskIndex: this.index(), cipherSuite: this.cs },
      {
        wireAsPublicMessage: !this.settings.encrypt,
        extraProposals: asks.map((ask) => this.proposal(ask)),
        ratchetTreeExtension: this.settings.tree_in_welcome,
      },
    )
    this.pending = made.newState
    return { message: hex(encodeMlsMessage(made.commit)), welcome: this.welcome(made) }
  }

  welcome({ welcome }) {
    return welcome && hex(encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome }))
  }

  accept() {
    this.state = this.pending
    this.pending = undefined
  }

  async send({ data, aad }) {
    const made = await createApplicationMessage(this.state, unhex(data), this.cs, unhex(aad))
    this.state = made.newState
    const { privateMessage } = made
    return hex(encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage }))
  }

  /** Who sent a private message: the result of processing it does not tell. */
  async sender(private_) {
    const past = this.state.historicalReceiverData.get(private_.epoch)
    const { senderDataSecret } = past ?? this.state.keySchedule
    const { secretTree, ratchetTree, groupContext } = past ?? this.state
    const retention = this.config.keyRetentionConfig
    const open = await unprotectPrivateMessage(
      senderDataSecret, private_, secretTree, ratchetTree, groupContext, retention, this.cs,
    )
    return open.content.content.sender.leafIndex
  }

  async receive({ bytes }) {
    const received = message(bytes)
    const before = this.state.groupContext.epoch
    let result, sender
    if (received.wireformat === "mls_public_message") {
      result = await processPublicMessage(this.state, received.publicMessage, this.index(), this.cs, acceptAll)
    } else {
      sender = await this.sender(received.privateMessage)
      result = await processPrivateMessage(this.state, received.privateMessage, this.index(), this.cs, acceptAll)
    }
    this.state = result.newState
    if (result.kind === "applicationMessage") {
      return { kind: "message", data: hex(result.message), aad: hex(received.privateMessage.authenticatedData), sender }
    }
    if (this.state.groupActiveState.kind === "removedFromGroup") return { kind: "removed" }
    if (this.state.groupContext.epoch === before) return { kind: "proposal" }
    this.pending = undefined
    return { kind: "epoch" }
  }

  /** Calls with each key package until one is the right one: the Welcome is for it. */
  async withKeyPackage(join) {
    let last
    for (const { publicPackage, privatePackage } of this.keyPackages) {
      try {
        return await join(publicPackage, privatePackage)
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  async join({ welcome, ratchet_tree }) {
    const index = makePskIndex(undefined, this.psks)
    this.state = await this.withKeyPackage((public_, private_) =>
      joinGroup(message(welcome).welcome, public_, private_, index, this.cs, tree(ratchet_tree), undefined, this.config),
    )
  }

  async groupInfo({ inside }) {
    const make = inside ? createGroupInfoWithExternalPubAndRatchetTree : createGroupInfoWithExternalPub
    const groupInfo = await make(this.state, [], this.cs)
    return hex(encodeMlsMessage({ version: "mls10", wireformat: "mls_group_info", groupInfo }))
  }

  async joinExternal({ info, ratchet_tree, resync }) {
    const { publicPackage, privatePackage } = await this.fresh()
    const joined = await joinGroupExternal(
      message(info).groupInfo, publicPackage, privatePackage, resync, this.cs, tree(ratchet_tree), this.config,
    )
    this.state = joined.newState
    const { publicMessage } = joined
    return hex(encodeMlsMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage }))
  }

  restart() {
    const [state] = decodeGroupState(encodeGroupState(this.state), 0)
    this.state = { ...state, clientConfig: this.config }
  }

  storePsk({ id, value }) {
    this.psks[bytesToBase64(unhex(id))] = unhex(value)
  }

  async view({ label, context, length }) {
    const { groupContext, keySchedule, ratchetTree } = this.state
    const exported = await mlsExporter(keySchedule.exporterSecret, label, unhex(context), length, this.cs)
    const members = []
    ratchetTree.forEach((node, place) => {
      if (node?.nodeType === "leaf") members.push([place / 2, hex(node.leaf.credential.identity)])
    })
    return {
      epoch: Number(groupContext.epoch),
      context: hex(encodeGroupContext(groupContext)),
      members,
      authenticator: hex(keySchedule.epochAuthenticator),
      exported: hex(exported),
      tree: hex(encodeRatchetTree(ratchetTree)),
    }
  }

  async nextKeyPackage({ suite }) {
    if (suite !== this.settings.suite) {
      this.settings.suite = suite
      this.next = await suiteOf(suite)
      this.keys = await newKeys(suite, this.next)
    }
    const cs = this.cs
    this.cs = this.next ?? cs
    const made = await this.keyPackage()
    this.cs = cs
    return made
  }

  async found({ branch, key_packages }) {
    const [{ publicPackage, privatePackage }] = this.keyPackages.slice(-1)
    const others = key_packages.map((bytes) => message(bytes).keyPackage)
    let made
    if (branch) {
      made = await branchGroup(this.state, publicPackage, privatePackage, others, unhex(branch), this.cs)
    } else {
      const { groupId, cipherSuite, extensions } = this.state.groupActiveState.reinit
      made = await reinitCreateNewGroup(
        this.state, publicPackage, privatePackage, others, groupId, cipherSuite, extensions,
      )
    }
    this.enter(made.newState)
    // The tree is never in this Welcome.
    return { message: "", welcome: this.welcome(made), tree: hex(encodeRatchetTree(this.state.ratchetTree)) }
  }

  async succeed({ branch, welcome, ratchet_tree }) {
    const followed = message(welcome).welcome
    const state = await this.withKeyPackage((public_, private_) =>
      branch
        ? joinGroupFromBranch(this.state, followed, public_, private_, tree(ratchet_tree), this.cs)
        : joinGroupFromReinit(this.state, followed, public_, private_, tree(ratchet_tree)),
    )
    this.enter(state)
  }

  enter(state) {
    this.cs = this.next ?? this.cs
    this.state = { ...state, clientConfig: this.config }
  }

  externalSender() {
    return hex(encodeExternalSender({ signaturePublicKey: this.keys.publicKey, credential: this.credential() }))
  }

  async proposeOutside({ info, ask }) {
    const made = await proposeExternal(
      message(info).groupInfo, this.proposal(ask), this.keys.publicKey, this.keys.signKey, this.cs,
    )
    return hex(encodeMlsMessage(made))
  }

  async askIn({ info }) {
    const made = await this.fresh()
    this.keyPackages.push(made)
    const asked = await proposeAddExternal(message(info).groupInfo, made.publicPackage, made.privatePackage, this.cs)
    return hex(encodeMlsMessage(asked))
  }
}

async function answer({ call, actor, ...args }) {
  if (call === "new") {
    const made = new Actor(args)
    await made.start()
    actors.set(actor, made)
  } else if (call === "drop") {
    actors.delete(actor)
  } else {
    return actors.get(actor)[call](args)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let result
  try {
    result = { ok: (await answer(JSON.parse(line))) ?? null }
  } catch (error) {
    const at = error?.stack?.split("\n").slice(1, 3).map((text) => text.trim().split("/").at(-1)).join(" < ")
    result = { error: `${error?.name}: ${error?.message} (${at})` }
  }
  process.stdout.write(JSON.stringify(result) + "\n")
}
