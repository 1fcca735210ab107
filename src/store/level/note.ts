/** Something that people should know of the store. */
export interface Note {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}
