// Sparse products on compressed rows, for float and double, over XLA's foreign function interface.
//
// Rows of the pattern are receiving neurons (or, with the other set of tables, sending ones). Several runs side by side (the batch) are
// transposed so that one synapse serves them all with one vector instruction. Every output is written by one thread in a fixed order:
// results do not depend on the number of threads.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "workers.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;
using neurotwin::run_parts;

namespace {

constexpr int64_t kLanes = 16;             // runs of a batch that one pass serves at most
constexpr int64_t kLargeWork = 100 * 1000; // multiply-adds that are worth a second thread

using Index = ffi::Buffer<ffi::S32>;
using Pool = ffi::ThreadPool;

int64_t elements(ffi::Span<const int64_t> dims, size_t last) {
  int64_t n = 1;
  for (size_t i = 0; i + last < dims.size(); ++i) n *= dims[i];
  return n;
}

// Position in an array whose leading axes may have size 1 where the result's have more.
int64_t broadcast_position(int64_t at, ffi::Span<const int64_t> out, ffi::Span<const int64_t> in, size_t lead) {
  int64_t position = 0, stride = 1;
  for (size_t i = lead; i-- > 0;) {
    const int64_t here = at % out[i];
    at /= out[i];
    if (in[i] != 1) position += here * stride;
    stride *= in[i];
  }
  return position;
}

// Synapses are read once each, in order, faster than processors fetch them ahead by themselves: ask for those of later rows too.
constexpr int64_t kAhead = 512;

template <typename... A>
inline __attribute__((always_inline)) void ask_ahead(int64_t e, const A*... arrays) {
  (__builtin_prefetch(arrays + e + kAhead, 0, 0), ...);
}

// The sum of 16 lanes, always in the same order.
template <typename T>
inline __attribute__((always_inline)) T folded(T* sum) {
  for (int64_t half = 8; half > 0; half /= 2)
    for (int64_t lane = 0; lane < half; ++lane) sum[lane] += sum[lane + half];
  return sum[0];
}

template <typename T>
CLONES void rows_one(const int32_t* start, const int32_t* column, const int32_t* entry, const T* value, const T* x, T* y,
                     int64_t from, int64_t to) {
  if (entry == nullptr) {
    for (int64_t i = from; i < to; ++i) {
      T sum[4] = {0};
      int64_t e = start[i];
      const int64_t end = start[i + 1];
      for (; e + 4 <= end; e += 4) {
        ask_ahead(e, value, column);
        for (int64_t lane = 0; lane < 4; ++lane) sum[lane] += value[e + lane] * x[column[e + lane]];
      }
      for (; e < end; ++e) sum[0] += value[e] * x[column[e]];
      y[i] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
    return;
  }
  for (int64_t i = from; i < to; ++i) {
    T a = 0;
    for (int64_t e = start[i]; e < start[i + 1]; ++e) a += value[entry[e]] * x[column[e]];
    y[i] = a;
  }
}

template <typename T, int64_t L>
CLONES void rows_many(const int32_t* start, const int32_t* column, const int32_t* entry, const T* value, const T* x, T* y,
                      int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) {
    T sum[L] = {0};
    for (int64_t e = start[i]; e < start[i + 1]; ++e) {
      const T w = value[entry == nullptr ? e : entry[e]];
      const T* in = x + static_cast<int64_t>(column[e]) * L;
      ask_ahead(e, value, column);
      for (int64_t b = 0; b < L; ++b) sum[b] += w * in[b];
    }
    for (int64_t b = 0; b < L; ++b) y[i * L + b] = sum[b];
  }
}

// [lanes, n] → [n, L], lanes that do not exist are 0.
template <typename T, int64_t L>
CLONES void to_lanes(const T* in, T* out, int64_t lanes, int64_t n) {
  if (lanes == L) {
    for (int64_t j = 0; j < n; ++j)
      for (int64_t b = 0; b < L; ++b) out[j * L + b] = in[b * n + j];
    return;
  }
  for (int64_t j = 0; j < n; ++j)
    for (int64_t b = 0; b < L; ++b) out[j * L + b] = b < lanes ? in[b * n + j] : T(0);
}

template <typename T, int64_t L>
CLONES void from_lanes(const T* in, T* out, int64_t lanes, int64_t from, int64_t to, int64_t n) {
  for (int64_t b = 0; b < lanes; ++b)
    for (int64_t i = from; i < to; ++i) out[b * n + i] = in[i * L + b];
}

// Rows in parts of about equal numbers of synapses.
std::vector<int64_t> row_parts(const int32_t* start, int64_t rows, int64_t parts) {
  std::vector<int64_t> bounds{0};
  const int64_t total = start[rows];
  for (int64_t p = 1; p < parts; ++p) {
    const auto at = std::lower_bound(start, start + rows, static_cast<int32_t>(total * p / parts)) - start;
    bounds.push_back(std::max<int64_t>(bounds.back(), at));
  }
  bounds.push_back(rows);
  return bounds;
}

// One pass over the synapses for up to L runs.
template <typename T, int64_t L>
void pass(Pool& pool, const std::vector<int64_t>& bounds, const int32_t* start, const int32_t* column, const int32_t* entry,
          const T* value, const T* x, T* y, int64_t rows, int64_t columns, int64_t lanes) {
  static thread_local std::vector<T> in_, out_;
  in_.resize(columns * L);
  out_.resize(rows * L);
  T *in = in_.data(), *out = out_.data();
  to_lanes<T, L>(x, in, lanes, columns);
  run_parts(pool, static_cast<int64_t>(bounds.size()) - 1, [&](int64_t p) {
    rows_many<T, L>(start, column, entry, value, in, out, bounds[p], bounds[p + 1]);
    from_lanes<T, L>(out, y, lanes, bounds[p], bounds[p + 1], rows);
  });
}

template <typename T>
void multiply(Pool& pool, const int32_t* start, const int32_t* column, const int32_t* entry, const T* value, const T* x, T* y,
              int64_t rows, int64_t columns, int64_t batch) {
  const int64_t work = static_cast<int64_t>(start[rows]) * batch;
  const auto bounds = row_parts(start, rows, work > kLargeWork ? 4 * pool.num_threads() : 1);
  for (int64_t first = 0; first < batch;) {
    const int64_t lanes = std::min(kLanes, batch - first);
    const T* xs = x + first * columns;
    T* ys = y + first * rows;
    if (lanes == 1)
      run_parts(pool, static_cast<int64_t>(bounds.size()) - 1,
                [&](int64_t p) { rows_one<T>(start, column, entry, value, xs, ys, bounds[p], bounds[p + 1]); });
    else if (lanes <= 4)
      pass<T, 4>(pool, bounds, start, column, entry, value, xs, ys, rows, columns, lanes);
    else if (lanes <= 8)
      pass<T, 8>(pool, bounds, start, column, entry, value, xs, ys, rows, columns, lanes);
    else
      pass<T, kLanes>(pool, bounds, start, column, entry, value, xs, ys, rows, columns, lanes);
    first += lanes;
  }
}

// values [L…, E], x [L…, B, columns] → y [L…, B, rows]; `entry` has no element where values are in the order of the rows.
template <ffi::DataType D, typename T>
ffi::Error product(Pool pool, Index start, Index column, Index entry, ffi::Buffer<D> values, ffi::Buffer<D> x,
                   ffi::ResultBuffer<D> y) {
  const auto vd = values.dimensions(), xd = x.dimensions(), yd = y->dimensions();
  const size_t lead = vd.size() - 1;
  const int64_t synapses = vd[lead], columns = xd[lead + 1], rows = yd[lead + 1], batch = yd[lead];
  const int32_t* order = entry.element_count() > 0 ? entry.typed_data() : nullptr;
  const int64_t outer = elements(yd, 2);
  if (elements(vd, 1) == 1 && elements(xd, 2) == outer) {  // the same weights for all: one long batch
    multiply<T>(pool, start.typed_data(), column.typed_data(), order, values.typed_data(), x.typed_data(), y->typed_data(), rows,
                columns, outer * batch);
    return ffi::Error::Success();
  }
  for (int64_t at = 0; at < outer; ++at)
    multiply<T>(pool, start.typed_data(), column.typed_data(), order,
                values.typed_data() + broadcast_position(at, yd, vd, lead) * synapses,
                x.typed_data() + broadcast_position(at, yd, xd, lead) * batch * columns, y->typed_data() + at * batch * rows,
                rows, columns, batch);
  return ffi::Error::Success();
}

// The transpose for one run and many synapses: synapses in memory order, each part of them into sums of its own.
template <typename T>
CLONES void scatter_rows(const int32_t* start, const int32_t* column, const T* value, const T* dy, T* dx, int64_t from,
                         int64_t to) {
  for (int64_t i = from; i < to; ++i) {
    const T g = dy[i];
    if (g == 0) continue;
    for (int64_t e = start[i]; e < start[i + 1]; ++e) {
      ask_ahead(e, value, column);
      dx[column[e]] += value[e] * g;
    }
  }
}

template <ffi::DataType D, typename T>
ffi::Error scatter(Pool pool, Index start, Index column, ffi::Buffer<D> values, ffi::Buffer<D> dy, ffi::ResultBuffer<D> dx) {
  constexpr int64_t kParts = 4;  // fixed, so that sums do not depend on the number of threads
  const int64_t rows = dy.element_count(), columns = dx->element_count();
  static thread_local std::vector<T> sums_;
  sums_.assign(columns * kParts, T(0));
  T* sums = sums_.data();
  const auto bounds = row_parts(start.typed_data(), rows, kParts);
  run_parts(pool, kParts, [&](int64_t p) {
    scatter_rows<T>(start.typed_data(), column.typed_data(), values.typed_data(), dy.typed_data(), sums + p * columns, bounds[p],
                    bounds[p + 1]);
  });
  T* out = dx->typed_data();
  for (int64_t j = 0; j < columns; ++j)
    out[j] = (sums[j] + sums[columns + j]) + (sums[2 * columns + j] + sums[3 * columns + j]);
  return ffi::Error::Success();
}

// Gradient to the values: dots of rows that a block of k makes contiguous.
template <typename T, int64_t K>
CLONES void dots(const int32_t* start, const int32_t* column, const T* dy, const T* x, T* out, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) {
    const T* a = dy + i * K;
    for (int64_t e = start[i]; e < start[i + 1]; ++e) {
      const T* b = x + static_cast<int64_t>(column[e]) * K;
      T sum[16] = {0};
      for (int64_t k = 0; k < K; k += 16)
        for (int64_t lane = 0; lane < 16; ++lane) sum[lane] += a[k + lane] * b[k + lane];
      out[e] += folded(sum);
    }
  }
}

template <typename T>
CLONES void outer_rows(const int32_t* start, const int32_t* column, const T* dy, const T* x, T* out, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i)
    for (int64_t e = start[i]; e < start[i + 1]; ++e) {
      ask_ahead(e, column, out);
      out[e] = dy[i] * x[column[e]];
    }
}

template <typename T, int64_t K>
CLONES void to_block(const T* in, T* out, int64_t have, int64_t n, int64_t from, int64_t to) {
  for (int64_t j0 = from; j0 < to; j0 += 16)  // tiles, so that reads and writes stay in the first cache
    for (int64_t k = 0; k < K; ++k)
      for (int64_t j = j0; j < std::min(j0 + 16, to); ++j) out[j * K + k] = k < have ? in[k * n + j] : T(0);
}

template <typename T, int64_t K>
void sample_blocks(Pool& pool, const int32_t* start, const int32_t* column, const T* dy, const T* x, T* out, int64_t rows,
                   int64_t columns, int64_t count) {
  static thread_local std::vector<T> a_, b_;
  const int64_t synapses = start[rows];
  const auto bounds = row_parts(start, rows, synapses * count > kLargeWork ? 4 * pool.num_threads() : 1);
  const int64_t parts = static_cast<int64_t>(bounds.size()) - 1;
  if (count == 1) {
    run_parts(pool, parts, [&](int64_t p) { outer_rows<T>(start, column, dy, x, out, bounds[p], bounds[p + 1]); });
    return;
  }
  std::memset(out, 0, sizeof(T) * synapses);
  a_.resize(rows * K);
  b_.resize(columns * K);
  T *a = a_.data(), *b = b_.data();
  for (int64_t k = 0; k < count; k += K) {
    const int64_t have = std::min(K, count - k);
    run_parts(pool, parts, [&](int64_t p) {
      to_block<T, K>(dy + k * rows, a, have, rows, rows * p / parts, rows * (p + 1) / parts);
      to_block<T, K>(x + k * columns, b, have, columns, columns * p / parts, columns * (p + 1) / parts);
    });
    run_parts(pool, parts, [&](int64_t p) { dots<T, K>(start, column, a, b, out, bounds[p], bounds[p + 1]); });
  }
}

// A short batch is not padded to a long block.
template <typename T>
void sample(Pool& pool, const int32_t* start, const int32_t* column, const T* dy, const T* x, T* out, int64_t rows,
            int64_t columns, int64_t count) {
  const auto blocks = count <= 16 ? sample_blocks<T, 16> : count <= 32 ? sample_blocks<T, 32> : sample_blocks<T, 64>;
  blocks(pool, start, column, dy, x, out, rows, columns, count);
}

// dy [L…, K, rows], x [L…, K, columns] → [L…, E]
template <ffi::DataType D, typename T>
ffi::Error sampled(Pool pool, Index start, Index column, ffi::Buffer<D> dy, ffi::Buffer<D> x, ffi::ResultBuffer<D> out) {
  const auto dd = dy.dimensions(), xd = x.dimensions(), od = out->dimensions();
  const size_t lead = od.size() - 1;
  const int64_t count = dd[lead], rows = dd[lead + 1], columns = xd[lead + 1], synapses = od[lead];
  if (count == 0) {
    std::memset(out->typed_data(), 0, sizeof(T) * out->element_count());
    return ffi::Error::Success();
  }
  for (int64_t at = 0; at < elements(od, 1); ++at)
    sample<T>(pool, start.typed_data(), column.typed_data(),
              dy.typed_data() + broadcast_position(at, od, dd, lead) * count * rows,
              x.typed_data() + broadcast_position(at, od, xd, lead) * count * columns, out->typed_data() + at * synapses, rows,
              columns, count);
  return ffi::Error::Success();
}

// Spikes of one run (what is not 0 counts as it is), pushed along the synapses of those that fired.
template <ffi::DataType D, typename T>
ffi::Error events(Index column_start, Index by_pre, Index by_pre_post, ffi::Buffer<D> values, ffi::Buffer<D> spikes,
                  ffi::ResultBuffer<D> y) {
  const int64_t columns = column_start.element_count() - 1;
  const auto yd = y->dimensions();
  const int64_t rows = yd[yd.size() - 1], batch = rows > 0 ? y->element_count() / rows : 0;
  std::memset(y->typed_data(), 0, sizeof(T) * y->element_count());
  const int32_t *start = column_start.typed_data(), *entry = by_pre.typed_data(), *post = by_pre_post.typed_data();
  for (int64_t b = 0; b < batch; ++b) {
    const T* s = spikes.typed_data() + b * columns;
    T* out = y->typed_data() + b * rows;
    for (int64_t j = 0; j < columns; ++j) {
      if (s[j] == 0) continue;
      for (int64_t e = start[j]; e < start[j + 1]; ++e) out[post[e]] += values.typed_data()[entry[e]] * s[j];
    }
  }
  return ffi::Error::Success();
}

}  // namespace

#define BOTH(NAME, FUNCTION, BINDING)                                                                                     \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(NAME##_f32, (FUNCTION<ffi::F32, float>), BINDING(ffi::F32));                               \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(NAME##_f64, (FUNCTION<ffi::F64, double>), BINDING(ffi::F64))

#define IN(D) .Arg<ffi::Buffer<D>>()
#define INDEX .Arg<Index>()
#define OUT(D) .Ret<ffi::Buffer<D>>()
#define POOL ffi::Ffi::Bind().Ctx<ffi::ThreadPool>()

#define BIND_PRODUCT(D) POOL INDEX INDEX INDEX IN(D) IN(D) OUT(D)
#define BIND_SCATTER(D) POOL INDEX INDEX IN(D) IN(D) OUT(D)
#define BIND_SAMPLED(D) POOL INDEX INDEX IN(D) IN(D) OUT(D)
#define BIND_EVENTS(D) ffi::Ffi::Bind() INDEX INDEX INDEX IN(D) IN(D) OUT(D)

#pragma GCC visibility push(default)
BOTH(product, product, BIND_PRODUCT);
BOTH(scatter, scatter, BIND_SCATTER);
BOTH(sampled, sampled, BIND_SAMPLED);
BOTH(events, events, BIND_EVENTS);
#pragma GCC visibility pop
