// The compiled models: a table of what there is, and each model's step for float and double and two instruction sets.
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
#endif

template <typename T>
struct Steps;

#ifdef HAS_AVX2
#define CHOOSE(wide, plain, table) return __builtin_cpu_supports("avx2") ? wide::table[k] : plain::table[k]
#else
#define CHOOSE(wide, plain, table) return plain::table[k]
#endif

template <>
struct Steps<float> {
  static plain32::NeuronStep neuron(int k) { CHOOSE(wide32, plain32, neuron_steps); }
  static plain32::SynapseStep synapse(int k) { CHOOSE(wide32, plain32, synapse_steps); }
};
template <>
struct Steps<double> {
  static plain64::NeuronStep neuron(int k) { CHOOSE(wide64, plain64, neuron_steps); }
  static plain64::SynapseStep synapse(int k) { CHOOSE(wide64, plain64, synapse_steps); }
};

constexpr int kNeurons = sizeof(plain32::neuron_steps) / sizeof(plain32::neuron_steps[0]);

}  // namespace
