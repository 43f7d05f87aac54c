// osls requires the files that its variables name; what they are about is TypeScript.
module.exports = (source) => import('./stack.ts').then(({ stack }) => stack(source));
