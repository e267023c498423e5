"""How nbgrader hands out, and grades, the exercises of this folder: see README.md beside it.

What differs from nbgrader's own way is how a submission is run: not in a kernel that one hanging
cell takes along, but by `lab.teaching.handed_in`, in a process of its own with limits.
"""

from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat.v4 import new_code_cell, new_output
from nbgrader import preprocessors as its
from nbgrader.preprocessors import NbGraderPreprocessor

from lab.teaching.handed_in import about_cells, cells_of, check_id, grade_cells


class Trim(NbGraderPreprocessor):
    """Take the empty line away that a solution leaves behind."""

    def preprocess_cell(self, cell, resources, index):
        cell.source = cell.source.rstrip()
        return cell, resources


class Restore(NbGraderPreprocessor):
    """Put the checks that a student has deleted at the end, so that they get marks, too."""

    def preprocess(self, nb, resources):
        about = about_cells(nb, resources["nbgrader"]["notebook"])
        if about is not None:
            there = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
            for problem in about.problems:
                grade_id = check_id(problem.key)
                if grade_id not in there:
                    cell = new_code_cell()
                    cell.metadata["nbgrader"] = {
                        "grade": True,
                        "grade_id": grade_id,
                        "locked": True,
                        "points": sum(most for _, most in problem.demands),
                        "schema_version": 3,
                        "solution": False,
                        "task": False,
                    }
                    nb.cells.append(cell)
        return nb, resources


class GradeApart(NbGraderPreprocessor):
    """Run and grade the notebook in a process of its own, and note what came of it as outputs."""

    def preprocess(self, nb, resources):
        about = about_cells(nb, resources["nbgrader"]["notebook"])
        if about is None:
            raise ValueError("the notebook is none of the exercises")
        cells = cells_of(nb, about)
        sheet = grade_cells(cells, about)
        for number, cell in enumerate(cells):
            if cell.place is None:
                continue
            outputs = nb.cells[cell.place].outputs = []
            if cell.grades is not None:
                graded = sheet.graded[cell.grades]
                said = f"{graded.feedback!r}\n{graded.feedback.marks!r}\n"
                outputs.append(new_output("stream", name="stdout", text=said))
                # What nbgrader takes the points from.
                points = {"text/plain": str(float(graded.points))}
                outputs.append(new_output("execute_result", points))
            elif number in sheet.left_out:
                why = f"left out: {sheet.left_out[number]}"
                outputs.append(new_output("stream", name="stdout", text=why))
            elif sheet.said.get(number):
                outputs.append(new_output("stream", name="stdout", text=sheet.said[number]))
        return nb, resources


c = get_config()  # noqa: F821

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "worker-pools"

c.ClearSolutions.code_stub = {"python": ""}
c.GenerateAssignment.preprocessors = [
    its.IncludeHeaderFooter,
    its.LockCells,
    its.ClearSolutions,
    Trim,
    its.ClearOutput,
    its.CheckCellMetadata,
    its.ComputeChecksums,
    its.SaveCells,
    its.ClearHiddenTests,
    Trim,
    its.ComputeChecksums,
    its.CheckCellMetadata,
]
c.Autograde.sanitize_preprocessors = [
    its.ClearOutput,
    its.DeduplicateIds,
    its.OverwriteKernelspec,
    Restore,
    its.OverwriteCells,
    its.CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    GradeApart,
    ClearMetadataPreprocessor,
    its.LimitOutput,
    its.SaveAutoGrades,
    its.AssignLatePenalties,
    its.CheckCellMetadata,
]

# Used only if GradeApart is taken out above: then a cell that cannot be interrupted (a loop in C,
# os._exit) costs a student all marks.
c.Execute.timeout = 60
c.Execute.interrupt_on_timeout = True
