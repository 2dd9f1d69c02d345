//! Drawings of the ratchet tree: blanks, unmerged leaves, and whose key covers whom.

use mls_core::credential::Credential;
use mls_core::tree::math::{NodeIndex, TreeSize};
use mls_core::tree::node::{Node, RatchetTreeArray};

/// How a tree is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drawing {
    /// Lines of text, the root on the left.
    Text,
    /// A graph for Graphviz.
    Dot,
    /// An image.
    Svg,
}

/// A node as it is drawn.
struct Drawn {
    node: NodeIndex,
    parent: Option<NodeIndex>,
    blank: bool,
    label: String,
    note: String,
}

impl Drawing {
    /// Draws the tree; blank leaves at its right end, which are not encoded, included.
    #[must_use]
    pub fn of(self, tree: &RatchetTreeArray) -> String {
        let nodes = drawn(tree);
        match self {
            Self::Text => text(&nodes),
            Self::Dot => dot(&nodes),
            Self::Svg => svg(&nodes),
        }
    }
}

fn drawn(tree: &RatchetTreeArray) -> Vec<Drawn> {
    let encoded = u32::try_from(tree.nodes().len()).unwrap_or(u32::MAX);
    let leaves = encoded.saturating_add(1) / 2;
    let Some(size) = TreeSize::for_leaves(leaves) else { return Vec::new() };
    let nodes = (0..size.node_count()).filter_map(NodeIndex::new);
    let contents = tree.nodes().iter().map(Option::as_ref).chain(core::iter::repeat(None));
    nodes.zip(contents).map(|(node, content)| draw(node, node.parent(size), content)).collect()
}

fn draw(node: NodeIndex, parent: Option<NodeIndex>, content: Option<&Node>) -> Drawn {
    let place = node.leaf().map_or_else(
        || {
            let (first, last) = node.leaf_range();
            format!("node {}, leaves {}-{}", node.as_u32(), first.as_u32(), last.as_u32())
        },
        |leaf| format!("leaf {}", leaf.as_u32()),
    );
    let (key, note) = match content {
        None => return Drawn { node, parent, blank: true, label: place, note: "blank".to_owned() },
        Some(Node::Leaf(leaf)) => (leaf.encryption_key.as_bytes(), who(&leaf.credential)),
        Some(Node::Parent(parent)) => {
            let unmerged: Vec<_> = parent.unmerged_leaves.iter().map(|leaf| leaf.as_u32().to_string()).collect();
            let but = if unmerged.is_empty() { String::new() } else { format!(" but leaves {}", unmerged.join(", ")) };
            (parent.encryption_key.as_bytes(), format!("covers all below{but}"))
        }
    };
    let key = hex::encode(key.get(..4).unwrap_or(key));
    Drawn { node, parent, blank: false, label: format!("{place}, key {key}.."), note }
}

fn who(credential: &Credential) -> String {
    match credential {
        Credential::Basic { identity } => match core::str::from_utf8(identity) {
            Ok(name) => name.to_owned(),
            Err(_) => hex::encode(identity),
        },
        other => format!("{:?}", other.credential_type()),
    }
}

/// From right to left, so that the text turned clockwise is the tree.
fn text(nodes: &[Drawn]) -> String {
    let top = nodes.iter().map(|drawn| drawn.node.level()).max().unwrap_or(0);
    let line = |drawn: &Drawn| {
        let indent = usize::from(top.saturating_sub(drawn.node.level())).saturating_mul(4);
        let mark = if drawn.blank { "( )" } else { "(#)" };
        format!("{}{mark} {}: {}\n", " ".repeat(indent), drawn.label, drawn.note)
    };
    nodes.iter().rev().map(line).collect()
}

fn dot(nodes: &[Drawn]) -> String {
    let mut out = String::from("digraph tree {\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for Drawn { node, parent, blank, label, note } in nodes {
        let style = if *blank { ", style=dashed" } else { "" };
        let text = format!("{label}\n{note}").escape_default().to_string();
        out.push_str(&format!("  n{} [label=\"{text}\"{style}];\n", node.as_u32()));
        if let Some(parent) = parent {
            out.push_str(&format!("  n{} -> n{};\n", parent.as_u32(), node.as_u32()));
        }
    }
    out.push_str("}\n");
    out
}

fn svg(nodes: &[Drawn]) -> String {
    let top = nodes.iter().map(|drawn| drawn.node.level()).max().unwrap_or(0);
    let x = |node: NodeIndex| node.as_u32().saturating_mul(110).saturating_add(110);
    let y = |node: NodeIndex| u32::from(top.saturating_sub(node.level())).saturating_mul(90).saturating_add(40);
    let width = nodes.last().map_or(0, |last| x(last.node)).saturating_add(110);
    let height = u32::from(top).saturating_mul(90).saturating_add(80);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" text-anchor=\"middle\">\n"
    );
    for Drawn { node, parent, .. } in nodes {
        if let Some(parent) = parent {
            let [x1, y1, x2, y2] = [x(*parent), y(*parent), x(*node), y(*node)];
            out.push_str(&format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"#888\"/>\n"));
        }
    }
    for Drawn { node, blank, label, note, .. } in nodes {
        let (x, y) = (x(*node), y(*node));
        let left = x.saturating_sub(100);
        let style = if *blank { "fill=\"#fff\" stroke-dasharray=\"4\"" } else { "fill=\"#eef\"" };
        out.push_str(&format!(
            "<rect x=\"{left}\" y=\"{}\" width=\"200\" height=\"40\" rx=\"4\" stroke=\"#446\" {style}/>\n\
             <text x=\"{x}\" y=\"{}\">{}</text>\n<text x=\"{x}\" y=\"{}\">{}</text>\n",
            y.saturating_sub(20),
            y.saturating_sub(4),
            escaped(label),
            y.saturating_add(12),
            escaped(note),
        ));
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
