export {
  createHttpClient,
  type HttpClient,
  type HttpOptions,
  type HttpReply,
  type HttpRequest,
  type HttpTimeouts,
} from './http-client.ts';
