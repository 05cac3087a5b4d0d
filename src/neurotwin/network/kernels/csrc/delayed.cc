// Products with a delay of its own for every synapse: each reads its sender's past in a ring of the last D steps.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "workers.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;
using neurotwin::run_parts;

namespace {

using Index = ffi::Buffer<ffi::S32>;
constexpr int64_t kLargeWork = 200 * 1000;

// Slot of the ring that a synapse with delay d reads. Whatever the delay is, nothing outside the ring is touched.
inline int64_t slot(int64_t newest, int32_t delay, int64_t depth) {
  int64_t at = newest - delay;
  at = at < 0 ? at + depth : at;
  if (static_cast<uint64_t>(at) < static_cast<uint64_t>(depth)) return at;
  at %= depth;
  return at < 0 ? at + depth : at;
}

template <typename T>
void gather_run(const int32_t* start, const int32_t* column, const int32_t* delay, const T* value, const T* ring, T* y,
                int64_t from, int64_t to, int64_t newest, int64_t depth, int64_t stride) {
  for (int64_t i = from; i < to; ++i) {
    T sum = 0;
    for (int64_t e = start[i]; e < start[i + 1]; ++e) sum += value[e] * ring[slot(newest, delay[e], depth) * stride + column[e]];
    y[i] = sum;
  }
}

// ring [D, B, columns] → y [B, rows]
template <ffi::DataType D, typename T>
ffi::Error gather(ffi::ThreadPool pool, Index start, Index column, Index delay, ffi::Buffer<D> values, ffi::Buffer<D> ring,
                  Index newest, ffi::ResultBuffer<D> y) {
  const auto rd = ring.dimensions(), yd = y->dimensions();
  const int64_t depth = rd[0], batch = rd[1], columns = rd[2], rows = yd[1];
  const int64_t now = newest.typed_data()[0];
  const int64_t parts = static_cast<int64_t>(values.element_count()) * batch > kLargeWork ? 16 : 1;
  run_parts(pool, parts, [&](int64_t p) {
    for (int64_t b = 0; b < batch; ++b)
      gather_run<T>(start.typed_data(), column.typed_data(), delay.typed_data(), values.typed_data(),
                    ring.typed_data() + b * columns, y->typed_data() + b * rows, rows * p / parts, rows * (p + 1) / parts, now,
                    depth, batch * columns);
  });
  return ffi::Error::Success();
}

// The gradient to the ring: [D, B, columns], each run by one thread.
template <ffi::DataType D, typename T>
ffi::Error spread(ffi::ThreadPool pool, Index start, Index column, Index delay, ffi::Buffer<D> values, ffi::Buffer<D> dy,
                  Index newest, ffi::ResultBuffer<D> ring) {
  const auto rd = ring->dimensions();
  const int64_t depth = rd[0], batch = rd[1], columns = rd[2], rows = dy.dimensions()[1];
  const int64_t now = newest.typed_data()[0], stride = batch * columns;
  T* out = ring->typed_data();
  std::memset(out, 0, sizeof(T) * ring->element_count());
  const auto one = [&](int64_t b) {
    const T* g = dy.typed_data() + b * rows;
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t e = start.typed_data()[i]; e < start.typed_data()[i + 1]; ++e)
        out[slot(now, delay.typed_data()[e], depth) * stride + b * columns + column.typed_data()[e]] +=
            values.typed_data()[e] * g[i];
  };
  if (static_cast<int64_t>(values.element_count()) * batch > kLargeWork)
    run_parts(pool, batch, one);
  else
    for (int64_t b = 0; b < batch; ++b) one(b);
  return ffi::Error::Success();
}

// The gradient to the values of one step: each synapse's, summed over the runs.
template <ffi::DataType D, typename T>
ffi::Error gathered(ffi::ThreadPool pool, Index start, Index column, Index delay, ffi::Buffer<D> dy, ffi::Buffer<D> ring,
                    Index newest, ffi::ResultBuffer<D> out) {
  const auto rd = ring.dimensions();
  const int64_t depth = rd[0], batch = rd[1], columns = rd[2], rows = dy.dimensions()[1];
  const int64_t now = newest.typed_data()[0], stride = batch * columns;
  const int64_t parts = static_cast<int64_t>(out->element_count()) * batch > kLargeWork ? 16 : 1;
  run_parts(pool, parts, [&](int64_t p) {
    for (int64_t i = rows * p / parts; i < rows * (p + 1) / parts; ++i)
      for (int64_t e = start.typed_data()[i]; e < start.typed_data()[i + 1]; ++e) {
        const T* sent = ring.typed_data() + slot(now, delay.typed_data()[e], depth) * stride + column.typed_data()[e];
        T sum = 0;
        for (int64_t b = 0; b < batch; ++b) sum += dy.typed_data()[b * rows + i] * sent[b * columns];
        out->typed_data()[e] = sum;
      }
  });
  return ffi::Error::Success();
}

template <typename T>
CLONES void transpose(const T* in, T* out, int64_t steps, int64_t width, int64_t n) {
  for (int64_t j0 = 0; j0 < n; j0 += 16)
    for (int64_t t = 0; t < steps; ++t)
      for (int64_t j = j0; j < std::min(j0 + 16, n); ++j) out[j * steps + t] = in[t * width + j];
}

template <typename T>
CLONES void lagged_dots(const int32_t* start, const int32_t* column, const int32_t* delay, const T* dy, const T* x, T* out,
                        int64_t from, int64_t to, int64_t steps, int64_t longer) {
  for (int64_t i = from; i < to; ++i)
    for (int64_t e = start[i]; e < start[i + 1]; ++e) {
      const T* a = dy + i * steps;
      const T* b = x + static_cast<int64_t>(column[e]) * longer + (longer - steps) - delay[e];
      T sum[16] = {0};
      int64_t t = 0;
      for (; t + 16 <= steps; t += 16)
        for (int64_t lane = 0; lane < 16; ++lane) sum[lane] += a[t + lane] * b[t + lane];
      T total = 0;
      for (; t < steps; ++t) total += a[t] * b[t];
      for (int64_t lane = 0; lane < 16; ++lane) total += sum[lane];
      out[e] += total;
    }
}

// Σ_t,b dy[t, b, post_e] x[t + D - 1 - d_e, b, pre_e]: [T, B, rows], [T + D - 1, B, columns] → [E]
template <ffi::DataType D, typename T>
ffi::Error lagged(ffi::ThreadPool pool, Index start, Index column, Index delay, ffi::Buffer<D> dy, ffi::Buffer<D> x,
                  ffi::ResultBuffer<D> out) {
  const auto dd = dy.dimensions(), xd = x.dimensions();
  const int64_t steps = dd[0], batch = dd[1], rows = dd[2], longer = xd[0], columns = xd[2];
  const int32_t* delays = delay.typed_data();
  for (size_t e = 0; e < delay.element_count(); ++e)
    if (delays[e] < 0 || delays[e] > longer - steps)
      return ffi::Error::InvalidArgument("a delay is negative or longer than what was sent before the first step");
  static thread_local std::vector<T> a_, b_;
  a_.resize(rows * steps);
  b_.resize(columns * longer);
  T *a = a_.data(), *b = b_.data();
  std::memset(out->typed_data(), 0, sizeof(T) * out->element_count());
  const int64_t parts = static_cast<int64_t>(out->element_count()) * steps > kLargeWork ? 8 : 1;
  for (int64_t run = 0; run < batch; ++run) {
    transpose<T>(dy.typed_data() + run * rows, a, steps, batch * rows, rows);
    transpose<T>(x.typed_data() + run * columns, b, longer, batch * columns, columns);
    run_parts(pool, parts, [&](int64_t p) {
      lagged_dots<T>(start.typed_data(), column.typed_data(), delay.typed_data(), a, b, out->typed_data(), rows * p / parts,
                     rows * (p + 1) / parts, steps, longer);
    });
  }
  return ffi::Error::Success();
}

}  // namespace

#define BOTH(NAME, FUNCTION, BINDING)                                                       \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(NAME##_f32, (FUNCTION<ffi::F32, float>), BINDING(ffi::F32)); \
  XLA_FFI_DEFINE_HANDLER_SYMBOL(NAME##_f64, (FUNCTION<ffi::F64, double>), BINDING(ffi::F64))

#define IN(D) .Arg<ffi::Buffer<D>>()
#define INDEX .Arg<Index>()
#define START ffi::Ffi::Bind().Ctx<ffi::ThreadPool>() INDEX INDEX INDEX

#define BIND_RING(D) START IN(D) IN(D) INDEX.Ret<ffi::Buffer<D>>()
#define BIND_LAGGED(D) START IN(D) IN(D).Ret<ffi::Buffer<D>>()

#pragma GCC visibility push(default)
BOTH(gather, gather, BIND_RING);
BOTH(spread, spread, BIND_RING);
BOTH(gathered, gathered, BIND_RING);
BOTH(lagged, lagged, BIND_LAGGED);
#pragma GCC visibility pop
