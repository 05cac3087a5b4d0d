// The compiled models: a table of what there is, and each model's step for float and double and three instruction sets.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace {

constexpr int BLOCK = 256;  // neurons that move together, so that their state stays in the first cache
constexpr int kMaxStates = 12;

namespace table {
using T = double;
using Prepare = void (*)(const double*, double*);
#include "elementary.inc"
#define MODEL_TABLE
#include "generated.inc"
#undef MODEL_TABLE
}  // namespace table

namespace plain32 {
using T = float;
#include "models.inc"
}  // namespace plain32
namespace plain64 {
using T = double;
#include "models.inc"
}  // namespace plain64

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define HAS_AVX2
#pragma GCC push_options
#pragma GCC target("avx2")
namespace wide32 {
using T = float;
#include "models.inc"
}  // namespace wide32
namespace wide64 {
using T = double;
#include "models.inc"
}  // namespace wide64
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512")
namespace widest32 {
using T = float;
#include "models.inc"
}  // namespace widest32
namespace widest64 {
using T = double;
#include "models.inc"
}  // namespace widest64
#pragma GCC pop_options
#endif

template <typename T>
struct Steps;

// 0 as compiled, 1 AVX2, 2 AVX-512. None contracts a product and a sum, so that all give the same numbers.
inline int instruction_set() {
#ifdef HAS_AVX2
  static const int best = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                                  __builtin_cpu_supports("avx512bw")
                              ? 2
                              : (__builtin_cpu_supports("avx2") ? 1 : 0);
  return best;
#else
  return 0;
#endif
}

#ifdef HAS_AVX2
#define CHOOSE(bits, table)                     \
  switch (instruction_set()) {                  \
    case 2: return widest##bits::table[k];      \
    case 1: return wide##bits::table[k];        \
    default: return plain##bits::table[k];      \
  }
#else
#define CHOOSE(bits, table) return plain##bits::table[k];
#endif

template <>
struct Steps<float> {
  static plain32::NeuronStep neuron(int k, bool own) {
    if (own) CHOOSE(32, own::neuron_steps)
    CHOOSE(32, shared::neuron_steps)
  }
  static plain32::SynapseStep synapse(int k, bool own) {
    if (own) CHOOSE(32, own::synapse_steps)
    CHOOSE(32, shared::synapse_steps)
  }
};
template <>
struct Steps<double> {
  static plain64::NeuronStep neuron(int k, bool own) {
    if (own) CHOOSE(64, own::neuron_steps)
    CHOOSE(64, shared::neuron_steps)
  }
  static plain64::SynapseStep synapse(int k, bool own) {
    if (own) CHOOSE(64, own::synapse_steps)
    CHOOSE(64, shared::synapse_steps)
  }
};

constexpr int kNeurons = sizeof(plain32::own::neuron_steps) / sizeof(plain32::own::neuron_steps[0]);

}  // namespace
