-- Records of the MLS engine, one table for each kind. `value` is the record; `sum` a checksum over its name and value.
-- An epoch is an unsigned number: one of 2^63 or more stands as a negative one.

-- One row. It is not the file's `user_version`, which belongs to the application where that has tables of its own here.
CREATE TABLE mls_schema (version INTEGER NOT NULL) STRICT;
INSERT INTO mls_schema VALUES (0);

-- A group; all its records go with it. `epoch`, `cipher_suite` and `own_leaf` repeat for readers what the header says.
CREATE TABLE mls_groups (
    id           INTEGER PRIMARY KEY,
    group_id     BLOB NOT NULL UNIQUE,
    epoch        INTEGER,
    cipher_suite INTEGER,
    own_leaf     INTEGER
) STRICT;

-- The current epoch: context, transcript hashes and secrets.
CREATE TABLE mls_headers (
    group_ref INTEGER PRIMARY KEY REFERENCES mls_groups (id) ON DELETE CASCADE,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL
) STRICT;

-- The revision and what changes with it.
CREATE TABLE mls_status (
    group_ref INTEGER PRIMARY KEY REFERENCES mls_groups (id) ON DELETE CASCADE,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL
) STRICT;

-- The public ratchet tree, one row for each node that is not blank.
CREATE TABLE mls_tree_nodes (
    group_ref INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    node      INTEGER NOT NULL,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL,
    PRIMARY KEY (group_ref, node)
) STRICT, WITHOUT ROWID;

-- The private keys of the own leaf and its ancestors.
CREATE TABLE mls_path_keys (
    group_ref INTEGER PRIMARY KEY REFERENCES mls_groups (id) ON DELETE CASCADE,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL
) STRICT;

-- Proposals of the current epoch.
CREATE TABLE mls_proposals (
    group_ref INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    reference BLOB NOT NULL,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL,
    PRIMARY KEY (group_ref, reference)
) STRICT, WITHOUT ROWID;

-- The own commit that waits to be accepted, with the bytes that were sent.
CREATE TABLE mls_pending_commits (
    group_ref INTEGER PRIMARY KEY REFERENCES mls_groups (id) ON DELETE CASCADE,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL
) STRICT;

-- Epochs that are over and retained for late messages.
CREATE TABLE mls_epochs (
    group_ref INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    epoch     INTEGER NOT NULL,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL,
    PRIMARY KEY (group_ref, epoch)
) STRICT, WITHOUT ROWID;

-- The unused nodes of an epoch's secret tree, together those that the split of one node made.
CREATE TABLE mls_secret_nodes (
    group_ref INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    epoch     INTEGER NOT NULL,
    node      INTEGER NOT NULL,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL,
    PRIMARY KEY (group_ref, epoch, node)
) STRICT, WITHOUT ROWID;

-- The ratchets of an epoch; kind 1 is for handshake messages, 2 for application messages.
CREATE TABLE mls_ratchets (
    group_ref INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    epoch     INTEGER NOT NULL,
    leaf      INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL,
    PRIMARY KEY (group_ref, epoch, leaf, kind)
) STRICT, WITHOUT ROWID;

-- Keys of generations that were skipped.
CREATE TABLE mls_skipped_keys (
    group_ref  INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    epoch      INTEGER NOT NULL,
    leaf       INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    value      BLOB NOT NULL,
    sum        INTEGER NOT NULL,
    PRIMARY KEY (group_ref, epoch, leaf, kind, generation)
) STRICT, WITHOUT ROWID;

-- Which generations of an epoch have one.
CREATE TABLE mls_skipped_indexes (
    group_ref INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    epoch     INTEGER NOT NULL,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL,
    PRIMARY KEY (group_ref, epoch)
) STRICT, WITHOUT ROWID;

-- The resumption PSKs of epochs.
CREATE TABLE mls_resumption_psks (
    group_ref INTEGER NOT NULL REFERENCES mls_groups (id) ON DELETE CASCADE,
    epoch     INTEGER NOT NULL,
    value     BLOB NOT NULL,
    sum       INTEGER NOT NULL,
    PRIMARY KEY (group_ref, epoch)
) STRICT, WITHOUT ROWID;

-- External commits of ours that wait to be accepted; the group need not exist.
CREATE TABLE mls_external_joins (
    group_id BLOB PRIMARY KEY NOT NULL,
    value    BLOB NOT NULL,
    sum      INTEGER NOT NULL
) STRICT;

-- Groups that we founded to succeed others, until they are accepted.
CREATE TABLE mls_successors (
    group_id BLOB PRIMARY KEY NOT NULL,
    value    BLOB NOT NULL,
    sum      INTEGER NOT NULL
) STRICT;

-- Key packages with their private keys; the lifetime is in seconds since 1970.
CREATE TABLE mls_key_packages (
    reference  BLOB PRIMARY KEY NOT NULL,
    not_before INTEGER,
    not_after  INTEGER,
    value      BLOB NOT NULL,
    sum        INTEGER NOT NULL
) STRICT;
CREATE INDEX mls_key_packages_by_expiry ON mls_key_packages (not_after);

-- External pre-shared keys.
CREATE TABLE mls_psks (
    psk_id BLOB PRIMARY KEY NOT NULL,
    value  BLOB NOT NULL,
    sum    INTEGER NOT NULL
) STRICT;

-- Signature key pairs.
CREATE TABLE mls_signers (
    public_key BLOB PRIMARY KEY NOT NULL,
    value      BLOB NOT NULL,
    sum        INTEGER NOT NULL
) STRICT;

-- What the application keeps beside.
CREATE TABLE mls_app (
    key   BLOB PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
