//! Compiles the interface, without a `protoc`.

fn main() -> Result<(), Box<dyn core::error::Error>> {
    println!("cargo::rerun-if-changed=proto/mls_client.proto");
    let files = protox::compile(["proto/mls_client.proto"], ["proto"])?;
    tonic_prost_build::configure().compile_fds(files)?;
    Ok(())
}
