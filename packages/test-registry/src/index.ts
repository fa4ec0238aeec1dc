export { startRegistry, type Registry, type RegistryOptions, type StoredImage } from './registry.ts';
export type { Fault, SeenRequest } from './fault.ts';
export { startTokenServer, type TokenServer, type TokenServerOptions } from './token-server.ts';
export { startS3, type S3Server, type S3ServerOptions } from './s3.ts';
export { startProxy, type ProxyOptions, type ProxyRequest, type ProxyServer } from './proxy.ts';
