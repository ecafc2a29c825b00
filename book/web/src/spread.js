// Values spread from marked pixels along similar lightness (Levin 2004, equations 1 and 2), with
// the weights of colorlib/classical/affinity.py; solved by conjugate gradients.

const STEPS = [[0, 1], [1, -1], [1, 0], [1, 1]]; // down and right, to half of the 8 neighbours
const SHARPNESS = 0.3;
const VISIBLE = 2; // units of L: a smaller deviation is grain, and holds no colour back
const LEAST = 1e-9; // no wall is tighter
const ACCURACY = 1e-6; // of the solution, as a part of where it starts
const ROUNDS = 2000; // at most

/** For each of the steps, how alike a pixel and its neighbour there are; 0 where there is none. */
export function likeness(L, width, height) {
  const deviation = deviations(L, width, height);
  return STEPS.map(([down, right]) => {
    const weight = new Float64Array(L.length);
    for (let y = 0; y + down < height; y++) {
      for (let x = Math.max(0, -right); x < width - Math.max(0, right); x++) {
        const i = y * width + x;
        const j = i + down * width + right;
        const squared = (L[i] - L[j]) ** 2 / (SHARPNESS * deviation[i] * deviation[j]);
        weight[i] = Math.max(Math.exp(-squared), LEAST);
      }
    }
    return weight;
  });
}

/** The deviation of L in the 3 x 3 window around each pixel; borders count twice. */
function deviations(L, width, height) {
  const result = new Float64Array(L.length);
  const inside = (i, side) => Math.min(side - 1, Math.max(0, i));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [sum, squares] = [0, 0];
      for (let v = y - 1; v <= y + 1; v++) {
        for (let u = x - 1; u <= x + 1; u++) {
          const value = L[inside(v, height) * width + inside(u, width)];
          sum += value;
          squares += value * value;
        }
      }
      const variance = squares / 9 - (sum / 9) ** 2;
      result[y * width + x] = Math.sqrt(Math.max(variance, VISIBLE ** 2));
    }
  }
  return result;
}

/**
 * Spread 1 from the marks of one owner, against 0 on the marks of the others.
 *
 * @param {Float64Array[]} weights from `likeness`
 * @param {Int32Array} owner of each pixel's mark, or -1
 * @param {number} which owner
 * @param {number} width
 * @param {number} height
 * @param {number} pull the neighbours' mean is divided by 1 + pull, so that values fade
 * @returns {Float64Array}
 */
export function spread(weights, owner, which, width, height, pull) {
  const jumps = STEPS.map(([down, right]) => down * width + right);
  const size = width * height;
  const degree = new Float64Array(size);
  const right = new Float64Array(size);
  const ties = weights.map((weight, step) => {
    const tie = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const value = weight[i];
      if (value === 0) continue;
      const j = i + jumps[step];
      degree[i] += value;
      degree[j] += value;
      if (owner[i] < 0 && owner[j] < 0) tie[i] = value;
      else {
        if (owner[j] === which) right[i] += value;
        if (owner[i] === which) right[j] += value;
      }
    }
    return tie;
  });
  for (let i = 0; i < size; i++) {
    degree[i] *= 1 + pull;
    if (owner[i] >= 0) [degree[i], right[i]] = [1, owner[i] === which ? 1 : 0];
  }
  return solve(degree, ties, jumps, right);
}

/** Solve a symmetric system, one equation a pixel, preconditioned by a sweep forth and back. */
function solve(diagonal, ties, jumps, right) {
  const size = right.length;
  const x = new Float64Array(size);
  const residual = Float64Array.from(right);
  const z = new Float64Array(size);
  const product = new Float64Array(size);
  sweep(diagonal, ties, jumps, residual, z);
  const direction = Float64Array.from(z);
  let rz = dot(residual, z);
  const enough = rz * ACCURACY ** 2;
  for (let round = 0; round < ROUNDS && rz > enough; round++) {
    for (let i = 0; i < size; i++) product[i] = diagonal[i] * direction[i];
    for (let s = 0; s < ties.length; s++) {
      const [tie, jump] = [ties[s], jumps[s]];
      for (let i = 0; i < size; i++) {
        if (tie[i] === 0) continue;
        product[i] -= tie[i] * direction[i + jump];
        product[i + jump] -= tie[i] * direction[i];
      }
    }
    const step = rz / dot(direction, product);
    for (let i = 0; i < size; i++) {
      x[i] += step * direction[i];
      residual[i] -= step * product[i];
    }
    sweep(diagonal, ties, jumps, residual, z);
    const next = dot(residual, z);
    for (let i = 0; i < size; i++) direction[i] = z[i] + (next / rz) * direction[i];
    rz = next;
  }
  return x;
}

/** z = M^-1 r with M of symmetric Gauss and Seidel. */
function sweep(diagonal, ties, jumps, r, z) {
  const size = r.length;
  z.set(r);
  for (let i = 0; i < size; i++) {
    const value = (z[i] /= diagonal[i]);
    for (let s = 0; s < ties.length; s++) {
      if (ties[s][i] !== 0) z[i + jumps[s]] += ties[s][i] * value;
    }
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = 0;
    for (let s = 0; s < ties.length; s++) {
      if (ties[s][i] !== 0) sum += ties[s][i] * z[i + jumps[s]];
    }
    z[i] += sum / diagonal[i];
  }
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
