"""What a lesson needs: code to show, exercises that check themselves, the game."""
