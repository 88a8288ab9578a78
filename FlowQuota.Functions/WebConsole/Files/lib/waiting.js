// Waiting for time, and for figures that may be missing.

/** Ends after a time; fails with AbortError if it is given up before. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/** What a reading gives; null if it cannot be had, which is no reason to give up the work that it is for. */
export async function orNull(reading) {
  try {
    return await reading;
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    return null;
  }
}
