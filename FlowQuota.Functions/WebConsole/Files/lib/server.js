// What the pages must know of the server and the API does not say: the zone of its times.

let known = { time_zone: '' };

/** Reads it once, at the start. */
export async function readServer() {
  const response = await fetch(new URL('../server.json', import.meta.url));
  if (!response.ok) {
    throw new Error(`server.json: ${response.status}`);
  }
  known = await response.json();
}

/** The IANA name of the zone in which the API tells times. */
export function zone() {
  return known.time_zone;
}
