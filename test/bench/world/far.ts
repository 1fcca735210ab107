/** From a build machine to a source on another continent and back. */
export const roundTripMs = 100;
