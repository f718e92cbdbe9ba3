//! CPU references, quantizers, metrics and the seeded generator. Pure; depends on nothing else in the house.
//!
//! Every kernel in `shaders/` has its reference here under the same name, written independently of it.

mod adamw;
mod codec;
mod codes;
mod dequantize;
mod double_quant;
mod error_stats;
mod fast;
mod fma;
mod formats;
mod heatmap;
mod histogram;
mod integer_rows;
mod interval;
mod leading;
mod likelihood;
mod lora;
mod matvec;
mod median;
mod memory;
mod nn;
mod packed;
mod pareto;
pub mod peft;
mod percentile;
mod product;
mod quantize;
mod rng;
mod sampling;
mod scale;
mod schedule;
mod size;
mod source;
mod spec;
mod svd;
mod weight_format;

pub use adamw::{AdamW, Kept, Moments, Rule, Sgd, adamw, sgd};
pub use codes::{Codes, codes_per_word, pack_codes, unpack_codes};
pub use dequantize::{Weight, dequantize, dequantize_into, explain};
pub use double_quant::{DoubleScales, dynamic_map};
pub use error_stats::{
    Axis, Band, LineStats, MatrixStats, Totals, band_size, error_by_band, error_stats, matrix_stats, sqnr_db,
};
pub use fast::{
    FMA_FLOP_PER_ROUND, FastActivations, FastStorage, FastVersion, FastWeights, add_low_rank, copy_block, fast_add,
    fast_attention, fast_input_gradient, fast_multiply, fast_rms_norm, fast_rope, fast_swiglu, fma_rounds,
    product_rows,
};
pub use fma::fma;
pub use formats::{
    E4M3_LEVELS, E4M3_MAX, E5M2_LEVELS, E5M2_MAX, NF4_LEVELS, SEARCH_CANDIDATES, int_range, levels, reach,
    search_factors, thresholds,
};
pub use heatmap::{Cells, Viewport, heatmap};
pub use histogram::{error_histogram, histogram};
pub use integer_rows::{IntegerRows, matmul_w8a8, quantize_rows};
pub use interval::{Interval, mean_interval, share_interval};
pub use leading::{Leading, leading, leading_of_product};
pub use likelihood::{cross_entropy, kl_divergence, likeliest, log_softmax, perplexity, top_agreement};
pub use lora::{LoraGradients, LoraShape, lora_backward, lora_forward, lora_update};
pub use matvec::{matvec, relative_error};
pub use median::median;
pub use memory::{Extent, Ledger, NF4_DOUBLE_BITS, Plan, Precision, memory_ledger};
pub use nn::{
    AttentionShape, Decoded, DecoderLayer, DecoderShape, DecoderWeights, attention, cosine_scores, cosine_scores_int8,
    decode, decode_attention, embed, erfc, gelu, int8_rows, layer_norm, rms_factor, rms_norm, rope, rope_turns,
    softmax, swiglu, top_k, visible,
};
pub use packed::{PackedWeight, ROW_CODES, is_packable, packed_table_at, packed_words};
pub use pareto::{pareto_front, sweep_specs};
pub use percentile::percentile_rank;
pub use product::{f16_without_subnormals, matmul, matmul_input_gradient, matmul_weight_gradient, pad};
pub use quantize::{Quantized, quantize, stored_scales};
pub use rng::{Generator, hash_u32, pcg, uniform};
pub use sampling::{Candidate, Sampled, Sampling, draw_token, sample};
pub use schedule::{Decay, rate_of_step};
pub use source::{WEIGHT_STD, activations, gaussian, gaussian_rows, heavy_tailed, outlier_columns, scale_columns};
pub use spec::{
    DOUBLE_QUANT_BLOCK, Format, Granularity, Groups, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry,
};
pub use svd::{Svd, subspace_overlap, svd};
pub use weight_format::WeightFormat;
