//! Our own scenarios, from runner to servers and back, in one process.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use interop_grpc::runner::{Plan, Server, read_scenarios, run};
use interop_grpc::server::{Settings, serve};
use tonic::transport::server::TcpIncoming;

const OWN: &str = include_str!("../scenarios/own.json");

async fn server(backend: &str) -> Arc<Server> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap().to_string();
    tokio::spawn(serve(Settings::new(backend).unwrap(), incoming));
    Arc::new(Server::connect(&address).await.unwrap())
}

#[tokio::test]
async fn actors_on_three_backends_agree() {
    let servers = [server("rustcrypto").await, server("openssl").await, server("awslc").await];
    let scenarios: Vec<_> = read_scenarios("own", OWN).unwrap().into_iter().map(Arc::new).collect();
    let mut plan = Plan::default();
    plan.suites = vec![1, 2];
    plan.max_assignments = 5;
    let report = run(&servers, &scenarios, &plan).await;
    assert!(report.all_passed(), "{report}");
    assert_eq!(report.runs(), 3 * 2 * 2 * 5);
}

/// A step that must fail makes the report fail: here a member does not know a pre-shared key, and a suite is nobody's.
#[tokio::test]
async fn what_fails_is_told() {
    let servers = [server("rustcrypto").await];
    let json = r#"{"scripts": {"s": [
        {"action": "createGroup", "actor": "alice", "members": ["bob"]},
        {"action": "installExternalPSK", "clients": ["alice"]},
        {"action": "fullCommit", "actor": "alice", "byValue": [{"proposalType": "externalPSK", "pskID": 1}], "members": ["bob"]}
    ]}}"#;
    let scenarios: Vec<_> = read_scenarios("bad", json).unwrap().into_iter().map(Arc::new).collect();
    let mut plan = Plan::default();
    plan.suites = vec![1];
    let report = run(&servers, &scenarios, &plan).await;
    assert_eq!((report.runs(), report.passed(), report.all_passed()), (2, 0, false));
    assert!(report.to_string().contains("step 2 (fullCommit): handle_commit of bob: FailedPrecondition"), "{report}");

    let own: Vec<_> = read_scenarios("own", OWN).unwrap().into_iter().map(Arc::new).collect();
    plan.suites = vec![4242];
    let report = run(&servers, &own, &plan).await;
    assert!(!report.all_passed(), "a suite that nobody has is not passed");
    assert!(report.to_string().contains("none"));
}
