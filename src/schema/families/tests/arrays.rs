//! Rules of primitives that take arrays and give arrays.

use crate::schema::testing::check_lines;

#[test]
fn elementwise() {
    check_lines(
        "
        a:f32[3] :: b:f32[3] = exp a
        a:f32[3] :: b:f32[4] = exp a :: exp of f32[3] gives f32[3], but the binder says f32[4]
        a:f32[3] :: b:bf16[3] = exp a :: gives f32[3]
        a:i32[3] :: b:i32[3] = exp a :: exp is not defined on i32
        a:f32[3] :: b:f32[3] = mul a 2.0:f32[]
        a:f32[3] b:f32[1] :: c:f32[3] = add a b
        a:f32[3] b:f32[4] :: c:f32[3] = add a b :: does not fit the others
        a:f32[3] b:f32[1,3] :: c:f32[1,3] = add a b :: does not fit the others
        a:f32[3] b:f64[3] :: c:f32[3] = add a b :: operand 0 of add is f32, and operand 1 is f64
        a:f32[3] :: b:f32[3] = add a :: add takes 2 operands, and has 1
        a:f32[3] :: b:bool[3] = lt a 0.0:f32[]
        a:f32[3] :: b:f32[3] = lt a 0.0:f32[] :: gives bool[3]
        a:c64[3] :: b:f32[3] = abs a
        a:c64[3] :: b:c64[3] = abs a :: gives f32[3]
        a:f32[3] :: b:f32[3] = integer_pow[y=2] a
        a:f32[3] :: b:f32[3] c:f32[3] = sin a :: gives 1 output, and binds 2
        a:f32[3] :: b:f16[3] = convert_element_type[new_dtype=float16 weak_type=False] a
        a:f32[3] :: b:f32[3] = convert_element_type[new_dtype=float16 weak_type=False] a :: gives f16[3]
        a:bool[3] b:f32[3] c:f32[3] :: d:f32[3] = select_n a b c
        a:bool[2] b:f32[3] c:f32[3] :: d:f32[3] = select_n a b c :: select_n chooses by bool[2]
        a:bool[] b:f32[3] c:f32[] :: d:f32[3] = select_n a b c :: operand 2 is f32[]
        a:f32[] b:f32[3] c:f32[3] :: d:f32[3] = select_n a b c :: not by f32[]
        a:f32[3] :: d:f32[3] = clamp 0.0:f32[] a 1.0:f32[]
        a:f32[3] :: d:f32[3] = clamp 0:i32[] a 1.0:f32[] :: clamp
        a:f32[b,2] :: c:f32[b,2] = exp a
        a:f32[b,2] :: c:f32[2*b,2] = exp a :: gives f32[b,2]
        a:f32[3] :: b:f32[3] = lgamma a
        a:i32[3] :: b:i32[3] = lgamma a :: not defined on i32
        ",
    );
}

#[test]
fn views() {
    check_lines(
        "
        a:f32[3] :: b:f32[2,3] = broadcast_in_dim[broadcast_dimensions=(1,)] a
        a:f32[3] :: b:f32[2,4] = broadcast_in_dim[broadcast_dimensions=(1,)] a :: cannot become 4
        a:f32[3] :: b:f32[2,3] = broadcast_in_dim a :: 0 axes for an operand of f32[3]
        a:f32[3] :: b:f32[4,3] = broadcast_in_dim[broadcast_dimensions=(1,) shape=(2, 3) sharding=None] a :: gives f32[2,3]
        a:f32[6] :: b:f32[2,3] = reshape[dimensions=None new_sizes=(2, 3) sharding=None] a
        a:f32[7] :: b:f32[2,3] = reshape[dimensions=None new_sizes=(2, 3) sharding=None] a :: f32[7] has 7 elements, and `new_sizes` asks for 6
        a:f32[1,3] :: b:f32[3] = squeeze[dimensions=(0,)] a
        a:f32[1,3] :: b:f32[1] = squeeze[dimensions=(1,)] a :: axis 1 of f32[1,3] is not 1
        a:f32[1,3] :: b:f32[3] = squeeze[dimensions=(2,)] a :: the operand has rank 2
        a:f32[2,3] :: b:f32[3,2] = transpose[permutation=(1, 0)] a
        a:f32[2,3] :: b:f32[2,3] = transpose[permutation=(1, 0)] a :: gives f32[3,2]
        a:f32[2,3] :: b:f32[2,2] = transpose[permutation=(0, 0)] a :: twice
        a:f32[9] :: b:f32[3] = slice[limit_indices=(9,) start_indices=(2,) strides=(3,)] a
        a:f32[9] :: b:f32[7] = slice[limit_indices=(9,) start_indices=(2,) strides=(3,)] a :: gives f32[3]
        a:f32[9] :: b:f32[8] = slice[limit_indices=(10,) start_indices=(2,) strides=None] a :: no slice
        a:f32[3] :: b:f32[8] = pad[padding_config=((1, 2, 1),)] a 0.0:f32[]
        a:f32[3] :: b:f32[3] = pad[padding_config=((1, 2, 1),)] a 0.0:f32[] :: gives f32[8]
        a:f32[3] :: b:f32[8] = pad[padding_config=((1, 2, 1),)] a 0:i32[] :: operand 1 is i32[]
        a:f32[2,3] b:f32[4,3] :: c:f32[6,3] = concatenate[dimension=0] a b
        a:f32[2,3] b:f32[4,3] :: c:f32[5,3] = concatenate[dimension=0] a b :: gives f32[6,3]
        a:f32[2,3] b:f32[4,3] :: c:f32[2,6] = concatenate[dimension=1] a b :: cannot be concatenated
        a:f32[5] :: b:f32[2] c:f32[3] = split[axis=0 sizes=(2, 3)] a
        a:f32[5] :: b:f32[2] c:f32[2] = split[axis=0 sizes=(2, 2)] a :: add up to 4
        a:f32[3] :: b:f32[2,3] = stack[axis=0] a a
        a:f32[2,3] :: b:f32[2] c:f32[2] = unstack[axis=1] a :: gives 3 outputs
        a:f32[2,3] :: b:f32[4,3] = tile[reps=(2, 1)] a
         :: a:i32[2,3] = iota[dimension=1 dtype=int32 shape=(2, 3) sharding=None]
         :: a:i32[2] = iota[dimension=1 dtype=int32 shape=(2,) sharding=None] :: rank 1
        a:f32[3] :: b:u8[3,4] = bitcast_convert_type[new_dtype=uint8] a
        a:u8[3,4] :: b:f32[3] = bitcast_convert_type[new_dtype=float32] a
        a:u8[4,3] :: b:f32[4] = bitcast_convert_type[new_dtype=float32] a :: cannot be read as float32
        a:key<fry>[4] :: b:key<fry>[2] = slice[limit_indices=(2,) start_indices=(0,) strides=None] a
        ",
    );
}

#[test]
fn reductions() {
    const POOL: &str = "reduce_window_max[base_dilation=(1, 1, 1, 1) padding=((0, 0), (0, 0), (0, 0), (0, 0)) \
        window_dilation=(1, 1, 1, 1) window_dimensions=(1, 2, 2, 1) window_strides=(1, 2, 2, 1)]";
    const PAIRS: &str = "reduce_window_sum[base_dilation=(1,) padding=((0, 0),) window_dilation=(1,) \
        window_dimensions=(2,) window_strides=(1,)]";
    check_lines(
        &"
        a:f32[2,3] :: b:f32[2] = reduce_sum[axes=(1,) out_sharding=None] a
        a:f32[2,3] :: b:f32[3] = reduce_sum[axes=(1,) out_sharding=None] a :: gives f32[2]
        a:f32[2,3] :: b:f32[2] = reduce_max[axes=(2,)] a :: the operand has rank 2
        a:f32[2,3] :: b:f32[2,3] = reduce_max[axes=(-1,)] a :: the operand has rank 2
        a:f32[2,3] :: b:bool[2] = reduce_or[axes=(1,)] a :: not defined on f32
        a:f32[2,3] :: b:i32[2] = argmax[axes=(1,) index_dtype=<class 'numpy.int32'>] a
        a:f32[2,3] :: b:f32[2] = argmax[axes=(1,) index_dtype=int32] a :: gives i32[2]
        a:f32[3] :: b:f32[3] = cumsum[axis=0 reverse=False] a
        a:f32[3] :: b:f32[3] = cumsum[axis=1 reverse=False] a :: rank 1
        a:f32[3] b:i32[3] :: c:f32[3] d:i32[3] = sort[dimension=0 is_stable=True num_keys=1] a b
        a:f32[3] b:i32[4] :: c:f32[3] d:i32[4] = sort[dimension=0 is_stable=True num_keys=1] a b :: alike
        a:f32[3] :: c:f32[3] = sort[dimension=0 is_stable=True num_keys=2] a :: keys
        a:f32[2,5] :: b:f32[2,3] c:i32[2,3] = top_k[axis=1 k=3] a
        a:f32[2,5] :: b:f32[2,6] c:i32[2,6] = top_k[k=6] a :: has no 6 elements
        a:f32[1,4,4,1] :: b:f32[1,2,2,1] = POOL a
        a:f32[4] :: b:f32[4] = PAIRS a :: gives f32[3]
        "
        .replace("POOL", POOL)
        .replace("PAIRS", PAIRS),
    );
}

#[test]
fn indexing() {
    const GATHER: &str = "gather[dimension_numbers=GatherDimensionNumbers(offset_dims=(1,), \
        collapsed_slice_dims=(0,), start_index_map=(0,), operand_batching_dims=(), \
        start_indices_batching_dims=()) fill_value=None indices_are_sorted=False \
        mode=GatherScatterMode.CLIP slice_sizes=(1, 4) unique_indices=False]";
    const SCATTER: &str = "scatter-add[dimension_numbers=ScatterDimensionNumbers(update_window_dims=(1,), \
        inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)) indices_are_sorted=False \
        mode=GatherScatterMode.CLIP unique_indices=False update_consts=() update_jaxpr=None]";
    check_lines(
        &"
        a:f32[9,4] b:i32[5,1] :: c:f32[5,4] = GATHER a b
        a:f32[9,4] b:i32[5,1] :: c:f32[4,5] = GATHER a b :: gives f32[5,4]
        a:f32[9,4] b:i32[5,2] :: c:f32[5,4] = GATHER a b :: positions have 1 coordinates
        a:f32[9,4] b:f32[5,1] :: c:f32[5,4] = GATHER a b :: positions are integers
        a:f32[9,3] b:i32[5,1] :: c:f32[5,3] = GATHER a b :: does not fit an operand of f32[9,3]
        a:f32[9,4] b:i32[5,1] c:f32[5,4] :: d:f32[9,4] = SCATTER a b c
        a:f32[9,4] b:i32[5,1] c:f32[6,4] :: d:f32[9,4] = SCATTER a b c :: updates of f32[6,4]
        a:f32[9,4] b:i32[5,1] c:f16[5,4] :: d:f32[9,4] = SCATTER a b c :: updates of f16[5,4]
        a:f32[9,4] :: b:f32[1,4] = dynamic_slice[slice_sizes=(1, 4)] a 0:i32[] 0:i32[]
        a:f32[9,4] :: b:f32[1,4] = dynamic_slice[slice_sizes=(1, 4)] a 0:i32[] :: needs 2 positions
        a:f32[9,4] :: b:f32[1,5] = dynamic_slice[slice_sizes=(1, 5)] a 0:i32[] 0:i32[] :: slice_sizes
        a:f32[9] b:f32[4] :: c:f32[9] = dynamic_update_slice a b 0:i32[]
        a:f32[9] b:i32[4] :: c:f32[9] = dynamic_update_slice a b 0:i32[] :: an update of i32[4]
        "
        .replace("GATHER", GATHER)
        .replace("SCATTER", SCATTER),
    );
}

#[test]
fn contractions() {
    const CONV: &str = "conv_general_dilated[batch_group_count=1 \
        dimension_numbers=ConvDimensionNumbers(lhs_spec=(0, 1, 2), rhs_spec=(0, 1, 2), out_spec=(0, 1, 2)) \
        feature_group_count=1 lhs_dilation=(1,) out_sharding=None padding=((1, 1),) precision=None \
        preferred_element_type=None rhs_dilation=(1,) window_strides=(2,)]";
    const DOT: &str =
        "dot_general[dimension_numbers=(([2], [1]), ([0], [0])) preferred_element_type=float32]";
    check_lines(
        &"
        a:f32[5,2,3] b:f32[5,3,4] :: c:f32[5,2,4] = DOT a b
        a:f32[5,2,3] b:f32[5,3,4] :: c:f32[5,4,2] = DOT a b :: gives f32[5,2,4]
        a:f32[5,2,3] b:f32[5,4,4] :: c:f32[5,2,4] = DOT a b :: axis 2 of f32[5,2,3] is 3
        a:f32[5,2,3] b:i32[5,3,4] :: c:f32[5,2,4] = DOT a b :: has no element type
        a:f32[5] b:f32[5] :: c:f32[5] = DOT a b :: no such axis
        a:bf16[5,2,3] b:bf16[5,3,4] :: c:bf16[5,2,4] = DOT a b :: gives f32[5,2,4]
        a:f32[2,3,8] b:f32[4,3,3] :: c:f32[2,4,4] = CONV a b
        a:f32[2,3,8] b:f32[4,3,3] :: c:f32[2,4,8] = CONV a b :: gives f32[2,4,4]
        a:f32[2,5,8] b:f32[4,3,3] :: c:f32[2,4,4] = CONV a b :: 5 features in 1 groups
        "
        .replace("CONV", CONV)
        .replace("DOT", DOT),
    );
}

#[test]
fn linear_algebra() {
    const SOLVE: &str = "triangular_solve[conjugate_a=False left_side=True lower=True transpose_a=False \
        unit_diagonal=False]";
    check_lines(
        &"
        a:f32[3,3] :: b:f32[3,3] = cholesky a
        a:f32[3,4] :: b:f32[3,4] = cholesky a :: square matrices
        a:f32[5,3] :: b:f32[5,3] c:i32[3] d:i32[5] = lu a
        a:f32[5,3] :: b:f32[5,3] c:i32[5] d:i32[5] = lu a :: gives i32[3]
        a:f32[5,3] :: b:f32[5,3] c:f32[3,3] = qr[full_matrices=False] a
        a:f32[5,3] :: b:f32[5,3] c:f32[3,3] = qr[full_matrices=True] a :: gives f32[5,5]
        a:c64[5,3] :: b:f32[3] c:c64[5,3] d:c64[3,3] = svd[compute_uv=True full_matrices=False subset_by_index=None] a
        a:f32[3,3] b:f32[3,2] :: c:f32[3,2] = SOLVE a b
        a:f32[3,3] b:f32[2,2] :: c:f32[3,2] = SOLVE a b :: no system of equations
        a:c64[5] :: b:f32[8] = fft[fft_lengths=(8,) fft_type=3] a
        a:f32[8] :: b:c64[5] = fft[fft_lengths=(8,) fft_type=jaxlib.xla_extension.FftType.RFFT] a
        a:f32[8] :: b:c64[8] = fft[fft_lengths=(8,) fft_type=0] a :: does not take f32[8]
        a:c64[8] :: b:c64[9] = fft[fft_lengths=(8,) fft_type=1] a :: gives c64[8]
        "
        .replace("SOLVE", SOLVE),
    );
}

#[test]
fn random_numbers() {
    check_lines(
        "
        a:key<fry>[2] :: b:u32[2,3] = random_bits[bit_width=32 shape=(3,)] a
        a:key<fry>[2] :: b:u8[2,3] = random_bits[bit_width=32 shape=(3,)] a :: gives u32[2,3]
        a:u32[2] :: b:u32[3] = random_bits[bit_width=32 shape=(3,)] a :: takes keys
        a:u32[4,2] :: b:key<fry>[4] = random_wrap[impl=fry] a
        a:u32[4,3] :: b:key<fry>[4] = random_wrap[impl=fry] a :: no fry key
        a:key<fry>[] :: b:key<fry>[3] = random_split[shape=(2,)] a :: gives key<fry>[2]
        a:key<rbg>[] :: b:u32[4] = random_unwrap a
        a:i32[] :: b:key<rbg>[] = random_seed[impl=fry] a :: gives key<fry>[]
        ",
    );
}
