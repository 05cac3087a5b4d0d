// Cross-correlations of images [example, row, column, channel] and the derivative of their weights, for float.
//
// Both are sums of products that stay in registers: six places (or weights) by sixteen output channels. An image, with zeros around it
// where they are asked for, and the weights of sixteen channels fit the nearest caches. Every output is written by one thread in a fixed
// order: results do not depend on the number of threads.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "workers.h"
#include "xla/ffi/api/ffi.h"

// Nothing decides on the last digit here, unlike in the kernels of spikes: products may be added without being rounded first.
#if defined(__clang__)
#pragma clang fp contract(fast)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=fast")
#endif

namespace ffi = xla::ffi;
using neurotwin::run_parts;

namespace {

using Floats = ffi::Buffer<ffi::F32>;
using Result = ffi::ResultBuffer<ffi::F32>;

constexpr int64_t kLanes = 8, kChannels = 2 * kLanes;  // output channels of one pass: two vectors
constexpr int64_t kPlaces = 6;                         // sums of one pass: 12 vectors of the 16 that there are
constexpr int64_t kShares = 16;                        // of the examples, each summed by itself in a derivative

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float))));

#define INLINE inline __attribute__((always_inline))

INLINE const Vector& load(const float* at) { return *reinterpret_cast<const Vector*>(at); }

struct Shape {
  int64_t examples, rows, columns, inputs;  // of x as it is given
  int64_t size, edge, outputs;              // the kernel's side, zeros on each side of an image, output channels
  int64_t wide() const { return columns + 2 * edge; }
  int64_t tall() const { return rows + 2 * edge; }
  int64_t out_rows() const { return tall() - size + 1; }
  int64_t out_columns() const { return wide() - size + 1; }
  int64_t places() const { return out_rows() * out_columns(); }
  int64_t taps() const { return size * size * inputs; }
  int64_t passes() const { return (outputs + kChannels - 1) / kChannels; }
};

// The image with zeros around it, in `room` if it has any.
const float* framed(const float* image, const Shape& s, std::vector<float>& room) {
  if (s.edge == 0) return image;
  room.assign(s.tall() * s.wide() * s.inputs, 0.0f);
  for (int64_t r = 0; r < s.rows; ++r)
    std::memcpy(room.data() + ((r + s.edge) * s.wide() + s.edge) * s.inputs, image + r * s.columns * s.inputs,
                sizeof(float) * s.columns * s.inputs);
  return room.data();
}

// [n, outputs] → [pass, n, 16], zeros for channels that do not exist.
std::vector<float> in_passes(const float* in, int64_t n, const Shape& s) {
  std::vector<float> out(s.passes() * n * kChannels, 0.0f);
  for (int64_t pass = 0; pass < s.passes(); ++pass) {
    const int64_t first = pass * kChannels, count = std::min(kChannels, s.outputs - first);
    for (int64_t at = 0; at < n; ++at)
      std::memcpy(out.data() + (pass * n + at) * kChannels, in + at * s.outputs + first, sizeof(float) * count);
  }
  return out;
}

// y at P places: sums over the kernel's rows of what lies side by side, columns and channels.
template <int64_t P>
INLINE void places(const float* image, const int64_t* from, const float* weights, float* y, int64_t channels, const Shape& s) {
  Vector sum[P][2] = {};
  const int64_t run = s.size * s.inputs, below = s.wide() * s.inputs;
  for (int64_t i = 0; i < s.size; ++i) {
    const float* x[P];
    for (int64_t p = 0; p < P; ++p) x[p] = image + from[p] + i * below;
    for (int64_t t = 0; t < run; ++t, weights += kChannels) {
      const Vector low = load(weights), high = load(weights + kLanes);
#pragma GCC unroll 6
      for (int64_t p = 0; p < P; ++p) {
        sum[p][0] += low * x[p][t];
        sum[p][1] += high * x[p][t];
      }
    }
  }
#pragma GCC unroll 6
  for (int64_t p = 0; p < P; ++p) std::memcpy(y + p * s.outputs, sum[p], sizeof(float) * channels);
}

CLONES void correlate_image(const float* image, const float* weights, float* y, const Shape& s) {
  for (int64_t pass = 0; pass < s.passes(); ++pass, weights += s.taps() * kChannels) {
    const int64_t channels = std::min(kChannels, s.outputs - pass * kChannels);
    float* out = y + pass * kChannels;
    for (int64_t at = 0; at < s.places(); at += kPlaces) {
      int64_t from[kPlaces];
      const int64_t here = std::min(kPlaces, s.places() - at);
      for (int64_t p = 0; p < here; ++p) {
        const int64_t row = (at + p) / s.out_columns(), column = (at + p) % s.out_columns();
        from[p] = (row * s.wide() + column) * s.inputs;
      }
      if (here == kPlaces) {
        places<kPlaces>(image, from, weights, out + at * s.outputs, channels, s);
      } else {
        for (int64_t p = 0; p < here; ++p)
          places<1>(image, from + p, weights, out + (at + p) * s.outputs, channels, s);
      }
    }
  }
}

// Adds one image's share of the derivative of 16 channels: total[tap] += Σ over places of x[place + tap] slope[place].
CLONES void add_image(const float* image, const int64_t* tap_from, const float* slope, float* total, const Shape& s) {
  for (int64_t tap = 0; tap < s.taps(); tap += kPlaces) {
    Vector sum[kPlaces][2] = {};
    const float* x[kPlaces];
    for (int64_t p = 0; p < kPlaces; ++p) x[p] = image + tap_from[tap + p];
    const float* g = slope;
    for (int64_t r = 0; r < s.out_rows(); ++r) {
      int64_t at = r * s.wide() * s.inputs;
      for (int64_t c = 0; c < s.out_columns(); ++c, at += s.inputs, g += kChannels) {
        const Vector low = load(g), high = load(g + kLanes);
#pragma GCC unroll 6
        for (int64_t p = 0; p < kPlaces; ++p) {
          sum[p][0] += low * x[p][at];
          sum[p][1] += high * x[p][at];
        }
      }
    }
    const int64_t count = std::min(kPlaces, s.taps() - tap);
    for (int64_t p = 0; p < count; ++p)
      for (int64_t lane = 0; lane < kChannels; ++lane)
        total[(tap + p) * kChannels + lane] += sum[p][lane / kLanes][lane % kLanes];
  }
}

Shape shape_of(ffi::Span<const int64_t> x, int64_t size, int64_t edge, int64_t outputs) {
  return {x[0], x[1], x[2], x[3], size, edge, outputs};
}

// x [example, row, column, channel], weights [size, size, in, out] → [example, row', column', out]
ffi::Error correlate(ffi::ThreadPool pool, int64_t edge, Floats x, Floats weights, Result y) {
  const Shape s = shape_of(x.dimensions(), weights.dimensions()[0], edge, weights.dimensions()[3]);
  const std::vector<float> packed = in_passes(weights.typed_data(), s.taps(), s);
  run_parts(pool, s.examples, [&](int64_t n) {
    thread_local std::vector<float> room;
    const float* image = framed(x.typed_data() + n * s.rows * s.columns * s.inputs, s, room);
    correlate_image(image, packed.data(), y->typed_data() + n * s.places() * s.outputs, s);
  });
  return ffi::Error::Success();
}

// x as before, slope [example, row', column', out] → [size, size, in, out]
ffi::Error to_weights(ffi::ThreadPool pool, int64_t edge, Floats x, Floats slope, Result to) {
  const Shape s = shape_of(x.dimensions(), to->dimensions()[0], edge, to->dimensions()[3]);
  const int64_t shares = std::min(kShares, s.examples), whole = s.passes() * s.taps() * kChannels;
  std::vector<int64_t> tap_from(s.taps() + kPlaces, 0);
  for (int64_t tap = 0; tap < s.taps(); ++tap) {
    const int64_t i = tap / (s.size * s.inputs), beside = tap % (s.size * s.inputs);
    tap_from[tap] = i * s.wide() * s.inputs + beside;
  }
  std::vector<float> totals(shares * whole, 0.0f);
  run_parts(pool, shares, [&](int64_t share) {
    std::vector<float> room;
    for (int64_t n = share * s.examples / shares; n < (share + 1) * s.examples / shares; ++n) {
      const float* image = framed(x.typed_data() + n * s.rows * s.columns * s.inputs, s, room);
      const std::vector<float> g = in_passes(slope.typed_data() + n * s.places() * s.outputs, s.places(), s);
      for (int64_t pass = 0; pass < s.passes(); ++pass)
        add_image(image, tap_from.data(), g.data() + pass * s.places() * kChannels,
                  totals.data() + share * whole + pass * s.taps() * kChannels, s);
    }
  });
  for (int64_t tap = 0; tap < s.taps(); ++tap)
    for (int64_t o = 0; o < s.outputs; ++o) {
      const int64_t at = (o / kChannels * s.taps() + tap) * kChannels + o % kChannels;
      float sum = 0;
      for (int64_t share = 0; share < shares; ++share) sum += totals[share * whole + at];
      to->typed_data()[tap * s.outputs + o] = sum;
    }
  return ffi::Error::Success();
}

}  // namespace

#define BIND ffi::Ffi::Bind().Ctx<ffi::ThreadPool>().Attr<int64_t>("edge").Arg<Floats>().Arg<Floats>().Ret<Floats>()

#pragma GCC visibility push(default)
XLA_FFI_DEFINE_HANDLER_SYMBOL(correlate_f32, correlate, BIND);
XLA_FFI_DEFINE_HANDLER_SYMBOL(to_weights_f32, to_weights, BIND);
#pragma GCC visibility pop
