// The programs that one can begin with, by what they show.
import flights from '../examples/flights.mlp';
import zones from '../examples/zones.mlp';
import column from '../../examples/broken/02_misspelt_column.mlp';
import nulls from '../../examples/broken/04_null_meets_non_null.mlp';
import units from '../../examples/broken/05_miles_are_not_kilometres.mlp';
import gate from '../../examples/broken/10_a_gate_that_lets_worse_models_pass.mlp';

export const examples = {
  'A model, released when it is better': flights,
  'From a file to a file': zones,
  'Broken: a misspelt column': column,
  'Broken: a null where none may be': nulls,
  'Broken: miles are not kilometres': units,
  'Broken: a gate that lets worse models pass': gate,
};
