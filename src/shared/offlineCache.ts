// Names of what is kept for use without the network, for the service worker and for the page that lists it.

/** Large files of the page that are kept once they were used: the WebAssembly of both runtimes, and the data of the check of the GPU. */
export const FIRST_USE_CACHE = "espalier-first-use";
