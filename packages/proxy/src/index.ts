export { type Proxy, type ProxyEnvironment, type ProxyFor, readProxies } from './environment.ts';
export { PROXY_ERROR_CODES, ProxyError, type ProxyErrorCode } from './errors.ts';
export { TunnelAgent, type TunnelOptions } from './tunnel.ts';
