// Who is signed in. The tokens live in the variables of this module and nowhere else: a reload or a closed tab forgets them.

let admin = null;
let access = null;

/** 'admin', 'holder' (of an access token) or null. */
export function role() {
  return admin !== null ? 'admin' : access !== null ? 'holder' : null;
}

export function adminToken() {
  return admin;
}

/** The access token of the holder, or the one that an admin tries. */
export function accessToken() {
  return access;
}

export function signInAsAdmin(token) {
  admin = token;
}

/** Keeps an access token for "try it" and "my quota". */
export function useAccessToken(token) {
  access = token;
}

export function signOut() {
  admin = null;
  access = null;
}
