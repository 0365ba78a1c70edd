// Where a request may lead: downloads that begin as https stay https, and no server can point them at a private network.
import { EngineError } from "../../errors.ts";
import type { Web } from "./web.ts";

/** IPv4 addresses of this machine, of private networks, of links without a server, and of carriers. */
const PRIVATE_V4 =
  /^(0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;
/** IPv6: this machine, unique local (fc00::/7) and link local (fe80::/10) addresses, and IPv4 addresses written as IPv6. */
const PRIVATE_V6 = /^\[(::1?\]|::ffff:|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/;
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|lan|home|home\.arpa|intranet)\.?$/;

/** Whether a host, as a URL spells it, is in a private network. A name with no dot is one, too. */
export function isPrivateHost(host: string): boolean {
  const name = host.toLowerCase();
  if (name.startsWith("[")) return PRIVATE_V6.test(name);
  return PRIVATE_V4.test(name) || PRIVATE_NAME.test(name) || !name.includes(".");
}

/**
 * A fetch that refuses some redirects: an https request has to end at https, and no redirect may lead to another host of a private network.
 * The user can still type such an address. Throws "network" otherwise; the answer's body is not read.
 */
export function safeFetch(fetch: Web["fetch"]): Web["fetch"] {
  return async (url, init) => {
    const response = await fetch(url, init);
    // answers that tests make have no address
    if (response.url === "") return response;
    const [requested, final] = [new URL(url), new URL(response.url)];
    const insecure = requested.protocol === "https:" && final.protocol !== "https:";
    const inside = isPrivateHost(final.hostname) && final.hostname !== requested.hostname;
    if (!insecure && !inside) return response;
    await response.body?.cancel().catch(() => undefined);
    const why = insecure ? "which is not https" : "which is in a private network";
    throw new EngineError(
      "network",
      `${requested.host}: expected a file, got a redirect to ${final.origin}, ${why}. Nothing of it was used. Use another source, or type that address yourself.`,
      { from: requested.host, to: final.origin },
    );
  };
}
