import { InvalidArgumentError } from 'commander';
import { InvalidNameError } from '../nuget/invalid-name.js';

/** What cannot be read as a name is wrong usage. */
export function named<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof InvalidNameError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}
