// Runs spiking networks without gradients: blocks of neurons go ahead for as many steps as the shortest delay allows, then the
// spikes of that time are delivered. Plain C functions, called through ctypes.
//
// A thread owns a range of blocks: it moves their neurons and adds what arrives at them, so that nothing is shared but the lists of
// spikes. What arrives at a neuron is added in the order of steps, then senders: results depend neither on the number of threads nor
// on where a window begins.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "models.h"

namespace {

// What a model needs of its parameters: [hoisted] for all neurons, or [block, hoisted, BLOCK].
template <typename T>
struct Hoisted {
  std::vector<T> values;
  int64_t stride = 0;
  bool own() const { return stride != 0; }
  const T* block(int64_t b) const { return values.data() + b * stride; }
};

template <typename T>
Hoisted<T> hoist(table::Prepare prepare, const double* p, int np, int per_neuron, int nh, int64_t n) {
  Hoisted<T> made;
  std::vector<double> given(np), h(nh);
  const int64_t blocks = per_neuron ? (n + BLOCK - 1) / BLOCK : 1;
  made.stride = per_neuron ? static_cast<int64_t>(nh) * BLOCK : 0;
  made.values.assign(per_neuron ? blocks * nh * BLOCK : nh, T(0));
  for (int64_t i = 0; i < (per_neuron ? n : 1); ++i) {
    for (int k = 0; k < np; ++k) given[k] = p[k * (per_neuron ? n : 1) + i];
    prepare(given.data(), h.data());
    for (int k = 0; k < nh; ++k)
      made.values[per_neuron ? (i / BLOCK) * nh * BLOCK + k * BLOCK + i % BLOCK : k] = static_cast<T>(h[k]);
  }
  return made;
}

// The synapses of a projection by sender, sorted by receiver within one.
struct Outgoing {
  int port;                  // among all ports
  const int64_t* start;      // [n_pre + 1]
  const int32_t* post;
  const int32_t* delay;      // steps
  const void* weight;
  int32_t common_delay;      // steps; -1 if synapses differ
  std::vector<int64_t> cut;  // [n_pre, threads + 1]: where each thread's part of a sender's synapses begins
};

// Where projections with the same synapse arrive at a population.
template <typename T>
struct Port {
  int population = 0, kernel = 0, states = 0;
  bool conducts = false;
  Hoisted<T> hoisted;
  T* x[kMaxStates] = {};
  T* ring = nullptr;         // what arrives in the next steps, [slots, n]: the caller's
  std::vector<T> by_block;   // the same while running, [block, slot, BLOCK]: a block's window lies together
  int64_t slots = 0;
};

template <typename T>
struct Population {
  int64_t n = 0, blocks = 0, first_block = 0;
  int kernel = -1, states = 0, v = -1;
  Hoisted<T> hoisted;
  T* x[kMaxStates] = {};
  const T* current = nullptr;
  bool current_over_time = false;
  std::vector<int> ports;
  std::vector<Outgoing> outgoing;
  const int64_t* given_step = nullptr;  // of a source: its spikes, sorted by step
  const int32_t* given_neuron = nullptr;
  int64_t n_given = 0;
};

struct Spike {
  int64_t step;
  int32_t population, neuron;
};

struct Failure {
  int64_t step = -1;
  int32_t population = 0, neuron = 0;
};

constexpr int64_t kTargets = 64;  // places in a ring that are asked for at once

// Calls work(0) … work(threads - 1), each in a thread of its own, the first in this one.
template <typename F>
void on_threads(int threads, const F& work) {
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back([&work, t] { work(t); });
  work(0);
  for (auto& other : others) other.join();
}

class Barrier {
 public:
  explicit Barrier(int n) : n_(n) {}
  void wait() {
    const int phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == n_) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    for (int spin = 0; phase_.load(std::memory_order_acquire) == phase; ++spin)
      if (spin > 2000) std::this_thread::yield();
  }

 private:
  const int n_;
  std::atomic<int> arrived_{0}, phase_{0};
};

class Base {
 public:
  virtual ~Base() = default;
  virtual int population(int kernel, int64_t n, int v, int states, void** x, const double* p, int np, int per_neuron, int nh,
                         const void* current, int over_time, const int64_t* given_step, const int32_t* given_neuron,
                         int64_t n_given) = 0;
  virtual int port(int population, int kernel, int states, void** x, const double* p, int np, int per_neuron, int nh, void* ring,
                   int64_t slots) = 0;
  virtual void connect(int pre, Outgoing outgoing) = 0;
  virtual int64_t run(int64_t from, int64_t steps, int64_t interval, int threads) = 0;
  std::vector<Spike> spikes;
  Failure failure;
};

template <typename T>
class Simulation final : public Base {
 public:
  int population(int kernel, int64_t n, int v, int states, void** x, const double* p, int np, int per_neuron, int nh,
                 const void* current, int over_time, const int64_t* given_step, const int32_t* given_neuron,
                 int64_t n_given) override {
    Population<T> made;
    made.n = n;
    made.blocks = (n + BLOCK - 1) / BLOCK;
    made.first_block = total_blocks();
    made.kernel = kernel;
    made.states = states;
    made.v = v;
    for (int k = 0; k < states; ++k) made.x[k] = static_cast<T*>(x[k]);
    if (kernel >= 0) made.hoisted = hoist<T>(table::prepare_functions[kernel], p, np, per_neuron, nh, n);
    made.current = static_cast<const T*>(current);
    made.current_over_time = over_time != 0;
    made.given_step = given_step;
    made.given_neuron = given_neuron;
    made.n_given = n_given;
    populations_.push_back(std::move(made));
    return static_cast<int>(populations_.size()) - 1;
  }

  int port(int population, int kernel, int states, void** x, const double* p, int np, int per_neuron, int nh, void* ring,
           int64_t slots) override {
    Port<T> made;
    made.population = population;
    made.kernel = kernel;
    made.states = states;
    made.hoisted = hoist<T>(table::prepare_functions[kNeurons + kernel], p, np, per_neuron, nh, populations_[population].n);
    for (int k = 0; k < states; ++k) made.x[k] = static_cast<T*>(x[k]);
    made.ring = static_cast<T*>(ring);
    made.slots = slots;
    made.conducts = writes_conductance(made);
    ports_.push_back(std::move(made));
    populations_[population].ports.push_back(static_cast<int>(ports_.size()) - 1);
    return static_cast<int>(ports_.size()) - 1;
  }

  void connect(int pre, Outgoing outgoing) override { populations_[pre].outgoing.push_back(std::move(outgoing)); }

  int64_t run(int64_t from, int64_t steps, int64_t interval, int threads) override {
    const int64_t blocks = total_blocks();
    threads = static_cast<int>(std::max<int64_t>(1, std::min<int64_t>(threads, blocks)));
    cut(threads, blocks);
    for (auto& port : ports_) {
      port.by_block.assign(populations_[port.population].blocks * port.slots * BLOCK, T(0));
      move(port, [](T& inside, T& outside) { inside = outside; });
    }
    spikes.clear();
    failure = Failure{};
    std::vector<std::vector<Spike>> lists(threads);
    std::vector<Failure> failures(threads);
    Barrier barrier(threads);
    std::atomic<bool> stop{false};
    const auto work = [&](int thread) {
      for (int64_t n = from; n < from + steps; n += interval) {
        const int64_t until = std::min(n + interval, from + steps);
        lists[thread].clear();
        for (int64_t b = blocks * thread / threads; b < blocks * (thread + 1) / threads; ++b)
          advance(b, n, until, from, lists[thread], failures[thread]);
        if (failures[thread].step >= 0) stop.store(true);
        std::stable_sort(lists[thread].begin(), lists[thread].end(), [](const Spike& a, const Spike& b) { return a.step < b.step; });
        barrier.wait();
        // By step first, not by block: what is added to one slot of a ring must not depend on where this window began.
        std::vector<size_t> place(threads, 0);
        for (int64_t now = n; now < until; ++now)
          for (int t = 0; t < threads; ++t) {
            const size_t first = place[t];
            while (place[t] < lists[t].size() && lists[t][place[t]].step == now) ++place[t];
            deliver(lists[t].data() + first, lists[t].data() + place[t], thread, threads);
            if (thread == 0) spikes.insert(spikes.end(), lists[t].begin() + first, lists[t].begin() + place[t]);
          }
        const bool leave = stop.load();
        barrier.wait();
        if (leave) return;
      }
    };
    on_threads(threads, work);
    for (auto& port : ports_) move(port, [](T& inside, T& outside) { outside = inside; });
    for (const auto& one : failures)
      if (one.step >= 0 && (failure.step < 0 || one.step < failure.step)) failure = one;
    return static_cast<int64_t>(spikes.size());
  }

 private:
  std::vector<Population<T>> populations_;
  std::vector<Port<T>> ports_;

  template <typename F>
  void move(Port<T>& port, F f) {
    const int64_t n = populations_[port.population].n;
    for (int64_t slot = 0; slot < port.slots; ++slot)
      for (int64_t i = 0; i < n; ++i)
        f(port.by_block[slot * BLOCK + place(static_cast<int32_t>(i), static_cast<uint32_t>(port.slots))], port.ring[slot * n + i]);
  }

  int64_t total_blocks() const {
    return populations_.empty() ? 0 : populations_.back().first_block + populations_.back().blocks;
  }

  // Whether a synapse gives a conductance: only then does its step write one.
  static bool writes_conductance(const Port<T>& port) {
    T buffers[kMaxStates][BLOCK] = {}, arrived[BLOCK] = {}, v[BLOCK] = {}, none[BLOCK] = {}, current[BLOCK], conductance[BLOCK] = {};
    T* x[kMaxStates];
    for (int k = 0; k < kMaxStates; ++k) x[k] = buffers[k];
    conductance[0] = T(-1);
    Steps<T>::synapse(port.kernel, port.hoisted.own())(port.hoisted.block(0), x, arrived, v, none, none, current, conductance, 1);
    return conductance[0] != T(-1);
  }

  // The first neuron of a population that a thread owns.
  static int64_t bound(const Population<T>& p, int64_t blocks, int thread, int threads) {
    return std::clamp<int64_t>((blocks * thread / threads - p.first_block) * BLOCK, 0, p.n);
  }

  void cut(int threads, int64_t blocks) {
    for (auto& p : populations_)
      for (auto& out : p.outgoing) {
        const auto& receiving = populations_[ports_[out.port].population];
        const int32_t* last = out.delay + out.start[p.n];
        out.common_delay = last > out.delay && std::all_of(out.delay, last, [&](int32_t d) { return d == *out.delay; }) ? *out.delay : -1;
        out.cut.resize(p.n * (threads + 1));
        for (int64_t j = 0; j < p.n; ++j)
          for (int t = 0; t <= threads; ++t) {
            const auto first = static_cast<int32_t>(bound(receiving, blocks, t, threads));
            const auto* end = out.post + out.start[j + 1];
            const auto* at = t == threads ? end : std::lower_bound(out.post + out.start[j], end, first);
            out.cut[j * (threads + 1) + t] = at - out.post;
          }
      }
  }

  void advance(int64_t block, int64_t from, int64_t until, int64_t start, std::vector<Spike>& fired, Failure& failure) {
    const auto after = std::upper_bound(populations_.begin(), populations_.end(), block,
                                        [](int64_t b, const Population<T>& p) { return b < p.first_block; });
    auto& p = *(after - 1);
    const auto id = static_cast<int32_t>(&p - populations_.data());
    const int64_t local = block - p.first_block, first = local * BLOCK;
    const int n = static_cast<int>(std::min<int64_t>(BLOCK, p.n - first));
    if (p.kernel < 0) {
      auto at = std::lower_bound(p.given_step, p.given_step + p.n_given, from) - p.given_step;
      for (; at < p.n_given && p.given_step[at] < until; ++at)
        if (p.given_neuron[at] >= first && p.given_neuron[at] < first + n)
          fired.push_back(Spike{p.given_step[at], id, p.given_neuron[at]});
      return;
    }
    const auto step = Steps<T>::neuron(p.kernel, p.hoisted.own());
    alignas(64) T nothing[BLOCK] = {}, current[BLOCK], conductance[BLOCK], spike[BLOCK];
    T *x[kMaxStates], *y[kMaxStates];
    for (int k = 0; k < p.states; ++k) x[k] = p.x[k] + first;
    for (int64_t now = from; now < until; ++now) {
      const T* flowing = p.current == nullptr ? nothing : p.current + (p.current_over_time ? (now - start) * p.n : 0) + first;
      const T* open = nothing;
      for (const int number : p.ports) {
        auto& port = ports_[number];
        for (int k = 0; k < port.states; ++k) y[k] = port.x[k] + first;
        T* ring = port.by_block.data() + (local * port.slots + now % port.slots) * BLOCK;
        // What arrives at the next block in this step: a large network's ring comes from far away.
        if (local + 1 < p.blocks)
          for (size_t byte = 0; byte < sizeof(T) * BLOCK; byte += 64)
            __builtin_prefetch(reinterpret_cast<const char*>(ring + port.slots * BLOCK) + byte, 1);
        Steps<T>::synapse(port.kernel, port.hoisted.own())(port.hoisted.block(local), y, ring, x[p.v], flowing, open, current, conductance, n);
        flowing = current;
        if (port.conducts) open = conductance;
      }
      const int flags = step(p.hoisted.block(local), x, flowing, open, spike, n);
      if ((flags & 2) && (failure.step < 0 || now < failure.step))
        for (int i = n - 1; i >= 0; --i) {
          bool finite = std::isfinite(flowing[i]) && std::isfinite(open[i]);
          for (int k = 0; k < p.states; ++k) finite = finite && std::isfinite(x[k][i]);
          if (!finite) failure = Failure{now, id, static_cast<int32_t>(first + i)};
        }
      if (flags & 1)
        for (int i = 0; i < n; ++i)
          if (spike[i] != T(0)) fired.push_back(Spike{now, id, static_cast<int32_t>(first + i)});
    }
  }

  // Of a neuron in the first slot of a ring.
  static size_t place(int32_t neuron, uint32_t slots) {
    const auto i = static_cast<uint32_t>(neuron);
    return static_cast<size_t>(i / BLOCK * slots) * BLOCK + i % BLOCK;
  }

  void deliver(const Spike* begin, const Spike* end, int thread, int threads) {
    for (const Spike* spike = begin; spike < end; ++spike) {
      const Spike& s = *spike;
      // The rows of the spikes to come lie anywhere in memory: ask for them ahead.
      if (spike + 8 < end)
        for (const auto& out : populations_[spike[8].population].outgoing)
          __builtin_prefetch(out.cut.data() + static_cast<int64_t>(spike[8].neuron) * (threads + 1) + thread);
      if (spike + 3 < end)
        for (const auto& out : populations_[spike[3].population].outgoing) {
          const int64_t* bounds = out.cut.data() + static_cast<int64_t>(spike[3].neuron) * (threads + 1) + thread;
          const int64_t last = std::min(bounds[0] + 128, bounds[1]);
          for (int64_t e = bounds[0]; e < last; e += 16) {
            __builtin_prefetch(out.post + e);
            __builtin_prefetch(static_cast<const T*>(out.weight) + e);
            if (out.common_delay < 0) __builtin_prefetch(out.delay + e);
          }
        }
      for (const auto& out : populations_[s.population].outgoing) {
        auto& port = ports_[out.port];
        const auto slots = static_cast<uint32_t>(port.slots);
        const int64_t* bounds = out.cut.data() + static_cast<int64_t>(s.neuron) * (threads + 1) + thread;
        const T* weight = static_cast<const T*>(out.weight);
        const int64_t base = (s.step + 1) % port.slots;  // delays are shorter than the ring
        if (out.common_delay >= 0) {
          T* ring = port.by_block.data() + ((base + out.common_delay) % port.slots) * BLOCK;
          for (int64_t e = bounds[0]; e < bounds[1]; ++e) ring[place(out.post[e], slots)] += weight[e];
          continue;
        }
        // Receivers of one sender lie all over the ring, which no cache holds: ask for some places before adding to them.
        T* target[kTargets];
        for (int64_t first = bounds[0]; first < bounds[1]; first += kTargets) {
          const int64_t count = std::min(kTargets, bounds[1] - first);
          for (int64_t i = 0; i < count; ++i) {
            int64_t slot = base + out.delay[first + i];
            if (slot >= port.slots) slot -= port.slots;
            target[i] = port.by_block.data() + slot * BLOCK + place(out.post[first + i], slots);
            __builtin_prefetch(target[i], 1);
          }
          for (int64_t i = 0; i < count; ++i) *target[i] += weight[first + i];
        }
      }
    }
  }
};

Base* of(void* handle) { return static_cast<Base*>(handle); }

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

// to[i] = from[index[i]]: of millions of places that lie anywhere, many are asked for ahead.
EXPORT void events_gather(const uint32_t* from, const int32_t* index, uint32_t* to, int64_t n, int threads) {
  on_threads(threads, [=](int thread) {
    const int64_t last = n * (thread + 1) / threads;
    for (int64_t i = n * thread / threads; i < last; ++i) {
      if (i + kTargets < last) __builtin_prefetch(from + index[i + kTargets]);
      to[i] = from[index[i]];
    }
  });
}

EXPORT const char* events_descriptions() { return table::descriptions; }
EXPORT void* events_new(int is_double) {
  return is_double ? static_cast<Base*>(new Simulation<double>()) : static_cast<Base*>(new Simulation<float>());
}
EXPORT void events_delete(void* s) { delete of(s); }
EXPORT int events_population(void* s, int kernel, int64_t n, int v, int states, void** x, const double* p, int np,
                             int per_neuron, int nh, const void* current, int over_time, const int64_t* given_step,
                             const int32_t* given_neuron, int64_t n_given) {
  return of(s)->population(kernel, n, v, states, x, p, np, per_neuron, nh, current, over_time, given_step, given_neuron, n_given);
}
EXPORT int events_port(void* s, int population, int kernel, int states, void** x, const double* p, int np, int per_neuron, int nh,
                       void* ring, int64_t slots) {
  return of(s)->port(population, kernel, states, x, p, np, per_neuron, nh, ring, slots);
}
EXPORT void events_connect(void* s, int pre, int port, const int64_t* start, const int32_t* post, const int32_t* delay,
                           const void* weight) {
  of(s)->connect(pre, Outgoing{port, start, post, delay, weight, -1, {}});
}
EXPORT int64_t events_run(void* s, int64_t from, int64_t steps, int64_t interval, int threads) {
  return of(s)->run(from, steps, interval, threads);
}
EXPORT void events_spikes(void* s, int64_t* step, int32_t* population, int32_t* neuron) {
  const auto& all = of(s)->spikes;
  for (size_t i = 0; i < all.size(); ++i) step[i] = all[i].step, population[i] = all[i].population, neuron[i] = all[i].neuron;
}
EXPORT int64_t events_failure(void* s, int32_t* population, int32_t* neuron) {
  const auto& f = of(s)->failure;
  *population = f.population;
  *neuron = f.neuron;
  return f.step;
}
