export const greeting = 'Hello from the frontend';
