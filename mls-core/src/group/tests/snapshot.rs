//! All that a group holds, encoded.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::group::Group;
use crate::group::header::PathKeysAfter;
use crate::record::ToRecord;
use crate::secret_tree::SecretTree;
use crate::tree::path::PathKeysUpdate;

/// A record, for which there was room at once, and not much more.
pub(super) fn record(written: &impl ToRecord) -> Vec<u8> {
    let bytes = written.to_record().unwrap().as_bytes().to_vec();
    let (room, len) = (written.room(), bytes.len() - 1);
    assert!((len..len + 100).contains(&room), "room for {room} bytes, {len} written");
    bytes
}

/// Every field of a group by its name; two snapshots are equal where nothing has changed.
pub(super) fn snapshot(group: &Group) -> BTreeMap<String, Vec<u8>> {
    let Group {
        id,
        status,
        lifecycle,
        epoch,
        tree,
        leaf_epochs,
        clients,
        leaves,
        path_keys,
        proposals,
        pending,
        past,
        resumption,
        abandoned,
    } = group;
    let mut all = BTreeMap::new();
    let mut put = |name: String, value: Vec<u8>| assert!(all.insert(name, value).is_none());
    put("id".to_string(), id.as_bytes().to_vec());
    put("status".to_string(), record(status));
    put("lifecycle".to_string(), format!("{lifecycle:?}").into_bytes());
    let retention = group.retention();
    put("epoch".to_string(), record(&epoch.header(&retention)));
    put("context".to_string(), epoch.context_bytes.clone());
    put("secret tree".to_string(), secret_tree(&epoch.secret_tree));
    put("tree".to_string(), tree.as_ref().map(|tree| tree.to_extension().unwrap()).unwrap_or_default());
    put("leaf epochs".to_string(), format!("{leaf_epochs:?}").into_bytes());
    put("clients".to_string(), format!("{clients:?}").into_bytes());
    put("leaves".to_string(), format!("{leaves:?}").into_bytes());
    let unchanged = PathKeysUpdate::default();
    let keys = path_keys.as_ref().map(|keys| record(&PathKeysAfter::new(keys, &unchanged)));
    put("path keys".to_string(), keys.unwrap_or_default());
    for (reference, cached) in proposals.iter().flat_map(|cache| cache.in_order()) {
        put(format!("proposal {reference:?}"), cached.to_record().unwrap().as_bytes().to_vec());
    }
    let pending = pending.as_ref().map(|pending| record(&pending.record(tree.as_ref().unwrap()).unwrap()));
    put("pending".to_string(), pending.unwrap_or_default());
    for (at, slot) in past {
        let Some(state) = &slot.state else { continue };
        let fields = (&state.context_bytes, state.own_leaf, state.sender_data.as_bytes(), &state.replaced);
        put(format!("past {at}"), format!("{fields:?}").into_bytes());
        let more = (state.authenticator.as_bytes(), state.rewind.as_ref().map(|point| point.as_bytes()));
        put(format!("past claims {at}"), format!("{more:?}").into_bytes());
        put(format!("past secret tree {at}"), secret_tree(&state.secret_tree));
    }
    put("abandoned".to_string(), format!("{abandoned:?}").into_bytes());
    for (at, psk) in resumption {
        put(format!("resumption {at}"), format!("{:?}", psk.as_ref().map(|psk| psk.as_bytes())).into_bytes());
    }
    all
}

fn secret_tree(tree: &SecretTree) -> Vec<u8> {
    let records: Vec<_> = tree.records().unwrap();
    let records: Vec<_> = records.iter().map(|(key, value)| (key, value.as_bytes())).collect();
    // The debug view tells what is known to be absent from what is not resident.
    format!("{records:?} {tree:?}").into_bytes()
}
