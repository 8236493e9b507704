use stream_runtime::prelude::*;

#[derive(Key, Clone, serde::Serialize, serde::Deserialize)]
struct Host {
    name: String,
}

stream!(
    fn pipeline(hosts: Stream<(Host, u64)>) {
        hosts.reduce_by_key(|a, b| a + b).for_each_batch(|_, _| ());
    }
);

fn main() {}
