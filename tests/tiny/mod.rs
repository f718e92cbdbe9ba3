//! A tiny random model in the place of the one that ships, as the files of a site.

use afina::data::llama::LlamaConfig;
use afina::data::safetensors;
use afina::math::Generator;

/// Two layers, as wide as the kernels want them.
pub fn tiny() -> LlamaConfig {
    LlamaConfig {
        vocabulary: 2048,
        channels: 32,
        inner: 64,
        layers: 2,
        heads: 2,
        key_heads: 1,
        head_dim: 16,
        context: 256,
        epsilon: 1e-5,
        rope_base: 10_000.0,
        tied: true,
        begin_token: None,
        end_token: None,
    }
}

/// The weights of a random model as a file.
pub fn weights(config: &LlamaConfig) -> Vec<u8> {
    let mut random = Generator::new(11);
    let mut values = |is_matrix: bool, count: usize| -> Vec<f32> {
        let (mean, spread) = if is_matrix { (0.0, 0.2) } else { (1.0, 0.0) };
        (0..count).map(|_| (mean + random.normal() * spread) as f32).collect()
    };
    let specs = config.tensors();
    let tensors: Vec<_> = specs.iter().map(|spec| values(spec.part.is_matrix(), spec.count())).collect();
    let writing: Vec<_> = specs
        .iter()
        .zip(&tensors)
        .map(|(spec, values)| safetensors::Writing { name: &spec.name, shape: spec.shape(), values })
        .collect();
    safetensors::write(&writing, &[])
}
